"""How fast are the scalars of many cells read from store.h5, and how fast is it brought up to date?

The store holds a final checkpoint of the mean model for every cell, of the size a real one has;
they are written without waiting for the disk, which has nothing to do with what is measured.

python tests/benchmarks/index.py                 10,000 cells, about a minute and 700 MB
python tests/benchmarks/index.py --cells 1000
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from unittest import mock

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from outcome import Figure, say, tell

from hpcmlff.metrics import METRICS
from hpcmlff.spec.cells import Cell
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.image import Content
from hpcmlff.store.index import refresh
from hpcmlff.store.store import Store, create_store

READ_GOAL_S, REFRESH_GOAL_S = 0.1, 2.0
"""What is aimed at for 10,000 cells."""

CHANGED = 100
"""Cells that commit between two refreshes."""

TEST_FRAMES, ATOMS, REPEATS = 1000, 3, 5


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        store = create_store(Path(folder) / "store", "benchmark")
        cells = [_cell(seed) for seed in range(given.cells)]
        with mock.patch.object(os, "fsync"):
            made_s = _timed(lambda: [_commit(store, cell, 1) for cell in cells])
        say(f"made {len(cells)} cells in {made_s:.0f} s")
        anew_s = _timed(lambda: refresh(store, cells))
        unchanged_s = _timed(lambda: refresh(store, cells))
        before = time.process_time()
        refreshes = [_refresh(store, cells, turn) for turn in range(REPEATS)]
        cpu_s = (time.process_time() - before) / REPEATS
        reads = [_timed(lambda: _read(store, given.cells)) for _ in range(REPEATS)]
        size_mb = store.layout.index.stat().st_size / 1e6
    return tell(
        "index",
        [
            Figure(name="cells", value=given.cells),
            Figure(name="store_h5_mb", value=size_mb),
            Figure(name="read_all_rows_s", value=median(reads), goal=READ_GOAL_S),
            Figure(name="built_anew_s", value=anew_s),
            Figure(name="nothing_changed_s", value=unchanged_s),
            Figure(
                name=f"rebuilt_after_{CHANGED}_changed_s",
                value=median(refreshes),
                goal=REFRESH_GOAL_S,
            ),
            Figure(name=f"slowest_after_{CHANGED}_changed_s", value=max(refreshes)),
            Figure(name="cpu_of_committing_and_rebuilding_s", value=cpu_s),
        ],
    )


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _refresh(store: Store, cells: Sequence[Cell], turn: int) -> float:
    """Let some cells commit, then measure; the table must have all of them."""
    chosen = random.Random(turn).sample(cells, min(CHANGED, len(cells)))  # noqa: S311
    for cell in chosen:
        _commit(store, cell, turn + 2)
    took = _timed(lambda: refresh(store, cells))
    with h5py.File(store.layout.index, "r", locking=False) as file:
        fresh = np.count_nonzero(file["index"][()]["sequence"] == turn + 2)
    if fresh != len(chosen):
        raise RuntimeError(f"the table has {fresh} of {len(chosen)} changed cells")
    return took


def _read(store: Store, number: int) -> None:
    with h5py.File(store.layout.index, "r", locking=False) as file:
        if len(file["index"][()]) != number:
            raise RuntimeError("rows are missing")


def _commit(store: Store, cell: Cell, sequence: int) -> None:
    folder = store.cell(cell)
    attempts = folder.attempts()
    attempt = attempts[0] if attempts else claim(folder)
    commit(folder, attempt, sequence, _content(cell, sequence), final=True)


def _content(cell: Cell, sequence: int) -> Content:
    share = {"train_s": 1.0, "wall_s": 2.0, "cpu_s": 3.0, "peak_mem_gb": 0.5, "host": "here"}
    notes = {
        "cell": cell.identity(),
        "cell_id": cell.id,
        "progress": {"step": sequence, "steps": sequence, "loss": None},
        "history": [share],
        "metrics": dict.fromkeys(METRICS, 0.25),
        **{f"n_{name}": 100 for name in ("train", "validation", "test")},
    }
    plain = {
        "split/test": np.arange(TEST_FRAMES),
        "test/energies_kcal_mol": np.full(TEST_FRAMES, -1.2e5),
        "test/forces_kcal_mol_ang": np.zeros((TEST_FRAMES, ATOMS, 3)),
    }
    packed = {"model.mean_kcal_mol": np.array([-1.2e5])}
    return Content(packed=packed, plain=plain, notes=notes)


def _cell(seed: int) -> Cell:
    return Cell(
        model="mean",
        molecule="springs",
        size=100,
        seed=seed,
        settings={"steps": 1},
        dataset="d" * 64,
        split="s" * 64,
        trainer_version=1,
    )


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--cells", type=int, default=10_000, help="in the store (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where to write (the system's for such)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
