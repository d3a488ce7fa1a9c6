from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from models.sgdml_systems import ammonia, system, whole_matrix

from hpcmlff.errors import TrainingError
from hpcmlff.models.sgdml import cg_size
from hpcmlff.models.sgdml.cg import CgSolver
from hpcmlff.models.sgdml.cg_state import CgState, from_arrays, to_arrays
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.exchange import read, save

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.models.sgdml.factor import System

N_FRAMES = 40


@pytest.fixture(autouse=True)
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panels of eleven frames and a Gram matrix in three parts, for so small a molecule."""
    monkeypatch.setattr(cg_size, "_PANEL", 25_000)
    monkeypatch.setattr(cg_size, "_TILE_FLOP", 1.0)


def solver_of(folder: Path, one: System | None = None, **given: Any) -> CgSolver:
    one = one or system(N_FRAMES, lam=1e-10)
    samples = ammonia(one.matrix.kernel.n_frames, 1)
    labels = one.matrix.kernel.unknowns(samples.forces, samples.energies.mean() - samples.energies)
    always = {"lam": one.lam, "seed": 3, "blocks": FolderBlocks(folder), "key": "cg"}
    return CgSolver(
        **{"kernel": one.matrix.kernel, "labels": labels / labels.std()} | always | given
    )


def solved(solver: CgSolver, mem_gb: float = 4.0) -> CgState:
    return solver.advance(solver.start(mem_gb), lambda: False)


def assert_same(one: CgState, other: CgState) -> None:
    expected = to_arrays(other)
    for name, array in to_arrays(one).items():
        assert array.tobytes() == expected[name].tobytes(), name


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_it_converges_to_the_direct_solution(
    tmp_path: Path, tolerance: float, energies: bool
) -> None:
    one = system(N_FRAMES, energies=energies)
    solver, matrix = solver_of(tmp_path, one, tolerance=tolerance), whole_matrix(one)
    state = solved(solver)
    allowed = tolerance * np.linalg.norm(solver.labels)
    assert solver.finished(state)
    assert np.linalg.norm(solver.labels - matrix @ solver.solution(state)) <= 1.001 * allowed
    # So far are the labels it gives from those of the direct solution.
    direct = np.linalg.solve(matrix, solver.labels)
    assert np.linalg.norm(matrix @ (solver.solution(state) - direct)) <= 1.001 * allowed


def test_the_preconditioner_saves_most_iterations(tmp_path: Path) -> None:
    state = solved(solver_of(tmp_path))
    assert state.n_columns == 184
    assert state.iterations <= 40


def test_a_preconditioner_of_all_columns_needs_hardly_an_iteration(tmp_path: Path) -> None:
    state = solved(solver_of(tmp_path, system(2)))
    assert state.n_columns == 24
    assert state.iterations <= 2


def test_there_is_a_safe_point_after_each_block_and_each_iteration(tmp_path: Path) -> None:
    solver = solver_of(tmp_path)
    state, asked = solver.start(4.0), count()
    state = solver.advance(state, lambda: next(asked) < 0)
    assert state.built == 1 + 4 + 1 + 4 + 3 + 1
    assert next(asked) == state.built + state.iterations
    assert FolderBlocks(tmp_path).names() == {
        f"cg-184-{name}"
        for name in (
            "columns",
            *(f"inside-{k:04d}" for k in range(4)),
            "factor",
            *(f"panel-{k:04d}" for k in range(4)),
            *(f"gram-{k:04d}" for k in range(3)),
            "inner",
        )
    }


@pytest.mark.parametrize("energies", [False, True])
def test_a_kill_at_every_safe_point_changes_no_bit(tmp_path: Path, energies: bool) -> None:
    one = system(N_FRAMES, energies=energies, lam=1e-10)
    unbroken = solved(solver_of(tmp_path / "unbroken", one))
    state, stops = solver_of(tmp_path, one).start(4.0), 0
    while not state.converged:
        save(tmp_path / "state.h5", to_arrays(state))
        state = from_arrays(read(tmp_path / "state.h5"))
        state = solver_of(tmp_path, one).advance(state, lambda: True)
        stops += 1
    assert stops == unbroken.built + unbroken.iterations
    assert_same(state, unbroken)


@pytest.mark.parametrize("lost_after", [0, 3, 9, 14, 20])
def test_blocks_newer_than_the_last_commit_are_used(tmp_path: Path, lost_after: int) -> None:
    unbroken = solved(solver_of(tmp_path / "unbroken"))
    killed = solver_of(tmp_path)
    steps = iter([False] * (lost_after - 1) + [True])
    committed = killed.start(4.0)
    if lost_after:
        committed = killed.advance(committed, lambda: next(steps))
    killed.advance(committed, lambda: False)
    again = FolderBlocks(tmp_path)
    assert_same(solver_of(tmp_path, blocks=again).advance(committed, lambda: False), unbroken)
    assert again.written == []


def test_blocks_of_the_store_that_were_damaged_are_made_again(tmp_path: Path) -> None:
    unbroken = solved(solver_of(tmp_path / "unbroken"))
    folder = CellFolder(tmp_path)
    state = solver_of(tmp_path, blocks=CellBlocks(folder))
    stopped, steps = state.start(4.0), iter([False] * 19 + [True])
    stopped = state.advance(stopped, lambda: next(steps))
    assert stopped.iterations == 6
    assert not stopped.converged
    for name in ("panel-0002", "inner", "gram-0001"):
        path = folder.blocks / f"cg-184-{name}.block"
        path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)
    assert_same(solver_of(tmp_path, blocks=CellBlocks(folder)).advance(stopped, bool), unbroken)


def test_iterations_do_not_depend_on_threads(tmp_path: Path) -> None:
    expected = solved(solver_of(tmp_path))
    assert_same(solved(solver_of(tmp_path, system(N_FRAMES, lam=1e-10, threads=3))), expected)


def test_the_seed_chooses_the_columns(tmp_path: Path) -> None:
    chosen = []
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        solver = solver_of(tmp_path / folder, seed=seed)
        solver.advance(solver.start(4.0), lambda: True)
        chosen.append(FolderBlocks(tmp_path / folder).get("cg-184-columns").tolist())
    assert chosen[0] == chosen[1] != chosen[2]
    assert chosen[0] == sorted(set(chosen[0]))
    assert len(chosen[0]) == 184


def test_memory_limits_the_columns_and_a_resume_keeps_them(tmp_path: Path) -> None:
    solver = solver_of(tmp_path)
    least = cg_size.least_size(N_FRAMES, 12)
    state = solver.start(least.mem_gb)
    assert state.n_columns == least.n_columns == 61
    resumed = from_arrays(to_arrays(solver.step(state)))
    # No memory is told here, so none can matter.
    assert solver_of(tmp_path).advance(resumed, lambda: False).n_columns == 61


def test_too_little_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        solver_of(tmp_path).start(0.5)
    assert str(caught.value) == (
        "the iterative solver needs 0.60 GiB for 480 unknowns, the job has 0.50 GiB. "
        "Raise mem_gb in the grid's 'resources'"
    )


def test_too_many_iterations_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    solver = solver_of(tmp_path, most_iterations=2)
    with pytest.raises(TrainingError) as caught:
        solved(solver)
    what, hint = str(caught.value).split(". ", 1)
    start, end = (
        "the iterative solver left ",
        (" of the labels after 2 iterations with sigma 10 and lam 1e-10, 0.0001 is allowed"),
    )
    assert what.startswith(start)
    assert what.endswith(end)
    assert 1e-4 < float(what.removeprefix(start).removesuffix(end)) < 10
    assert hint == "Raise 'lam' or 'sigma', or take the analytic solver"
    few = solver_of(tmp_path, most_iterations=2)
    with pytest.raises(TrainingError, match="Raise 'lam' or 'sigma', raise mem_gb to 0.6, or"):
        solved(few, cg_size.least_size(N_FRAMES, 12).mem_gb)


def test_a_residual_that_only_rounding_makes_small_is_not_believed(tmp_path: Path) -> None:
    one = system(N_FRAMES, lam=1e-12)
    solver = solver_of(tmp_path, one, tolerance=1e-13, most_iterations=400)
    state = solver.start(4.0)
    for _ in range(14 + 300):
        state = solver.step(state)
    assert state.restarts > 0
    assert not solver.finished(state)


def test_numbers_that_are_not_finite_are_noticed(tmp_path: Path) -> None:
    solver = solver_of(tmp_path)
    solver.labels[5] = np.nan
    with pytest.raises(np.linalg.LinAlgError, match="^not positive definite$"):
        solved(solver)


def test_a_matrix_that_is_not_positive_definite_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="^not positive definite$"):
        solved(solver_of(tmp_path, lam=-1.0))


def test_steps_grow_to_the_end(tmp_path: Path) -> None:
    solver = solver_of(tmp_path)
    state = solver.start(4.0)
    seen = [solver.work(state)]
    while not solver.finished(state):
        state = solver.advance(state, lambda: True)
        seen.append(solver.work(state))
    assert {steps for _, steps in seen} == {3014}
    assert [done for done, _ in seen] == [*range(len(seen) - 1), 3014]
