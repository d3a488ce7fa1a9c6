"""What a cell's result is if nothing disturbs its training, and whether it is that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cluster.study import Study
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hpcmlff.metrics import score
from hpcmlff.models.protocol import Allocation
from hpcmlff.spec.cells import Cell
from hpcmlff.store.checkpoints import Checkpoint, restore
from hpcmlff.store.store import Store
from hpcmlff.worker.task import assign


def unbroken(store: Store, cell: Cell) -> tuple[dict[str, NDArray[Any]], Mapping[str, float]]:
    """Train a cell in this process, without a pause; return its arrays and metrics."""
    with threadpool_limits(1):
        return _unbroken(store, cell)


def _unbroken(store: Store, cell: Cell) -> tuple[dict[str, NDArray[Any]], Mapping[str, float]]:
    allocation = Allocation(threads=1, mem_gb=4.0, device="cpu")
    given = assign(store, store.grids.head(store.grids.newest()), cell, allocation)
    settings = given.task.settings
    if cell.model == "mean":
        settings = settings.model_copy(update={"step_s": 0.0})
    task = replace(given.task, settings=settings)
    state = given.trainer.start(task)
    while not given.trainer.progress(state).finished:
        state = given.trainer.advance(task, state, lambda: False)
    model = given.trainer.model(task, state)
    energies, forces = given.trainer.predict(task, model, given.test.positions)
    arrays = {f"model.{name}": array for name, array in model.items()}
    arrays |= {"test/energies_kcal_mol": energies, "test/forces_kcal_mol_ang": forces}
    arrays |= {f"split/{name}": numbers for name, numbers in given.indices.items()}
    return arrays, score(energies, forces, given.test.energies, given.test.forces)


def result(store: Store, cell: Cell) -> Checkpoint:
    """Return a cell's final checkpoint."""
    found = restore(store.cell(cell))
    assert found is not None, f"{cell.label} has no checkpoint"
    assert found.final, f"{cell.label} is not done"
    return found


def assert_unbroken(study: Study, *cells: Cell) -> None:
    """Assert that cells, or all of a study, have the bits of an undisturbed training."""
    for cell in cells or study.cells:
        arrays, metrics = unbroken(study.store, cell)
        content = result(study.store, cell).content
        found = {**content.packed, **content.plain}
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert found[name].tobytes() == array.tobytes(), (cell.label, name)
        assert content.notes["metrics"] == metrics, cell.label


def history(study: Study, cell: Cell) -> list[tuple[int, int]]:
    """Return the steps from and to which each attempt trained that a result is made of."""
    shares = result(study.store, cell).content.notes["history"]
    return [(share["from_step"], share["to_step"]) for share in shares]
