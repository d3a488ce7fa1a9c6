"""Processes that write checkpoints in three designs, to be compared.

All of them sync what they write before they call it written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import h5py
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.image import Content
from hpcmlff.store.layout import CellFolder

ARRAYS = 165
"""Arrays of a state, as many as a SchNet with its optimiser has."""

Write = Callable[[int], None]
"""Writes the checkpoint of one number."""


def state(megabytes: float, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Return arrays of this size in all, 10^6 bytes each."""
    random = np.random.default_rng(seed)
    size = int(megabytes * 1e6 / 4 / ARRAYS)
    return {f"state.{n}": random.random(size, dtype=np.float32) for n in range(ARRAYS)}


def ours(folder: Path, writer: int, megabytes: float) -> Write:
    """One immutable file a checkpoint, the product's own commit."""
    cell, arrays = CellFolder(folder / f"cell-{writer}"), state(megabytes)
    attempt, content = claim(cell), Content(packed=arrays, notes={"history": []})
    return lambda number: _commit(cell, attempt.number, number, content)


def _commit(cell: CellFolder, attempt: int, number: int, content: Content) -> None:
    commit(cell, cell.attempt(attempt), number, content, final=False)


def one_file(folder: Path, writer: int, megabytes: float) -> Write:
    """One HDF5 file for all writers, behind a lock; what is in it is written over."""
    path, flat = folder / "all.h5", np.concatenate(list(state(megabytes).values()))
    lock = FileLock(folder / "all.lock", fallback_to_soft=False)

    def write(number: int) -> None:
        with lock, h5py.File(path, "a", locking=False) as file:
            group = file.require_group(f"cell-{writer}")
            group.require_dataset("state", flat.shape, flat.dtype)[...] = flat
            group.attrs["sequence"] = number
            file.flush()
            os.fsync(file.id.get_vfd_handle())

    return write


def torch_save(folder: Path, writer: int, megabytes: float) -> Write:
    """``torch.save``, a sync and a rename: a pickle in a zip file, nothing that proves it."""
    import torch

    target = folder / f"state-{writer}.pt"
    tensors = {name: torch.from_numpy(array) for name, array in state(megabytes).items()}

    def write(number: int) -> None:
        temporary = target.with_suffix(".tmp")
        with temporary.open("wb") as file:
            torch.save({**tensors, "sequence": number}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)

    return write


DESIGNS = {"hpcmlff": ours, "one_file_and_lock": one_file, "torch_save": torch_save}


def per_second(design: str, folder: Path, writers: int, megabytes: float, last_s: float) -> float:
    """Let so many processes write for a while; return the checkpoints of all in a second."""
    # Forks share what is imported; it is the writing that is measured.
    context = get_context("fork")
    barrier, counts = context.Barrier(writers), context.Queue()
    given = (design, folder, megabytes, last_s, barrier, counts)
    processes = [context.Process(target=_write_on, args=(n, *given)) for n in range(writers)]
    for process in processes:
        process.start()
    rates = [counts.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    return float(sum(rates))


def _write_on(writer: int, design: str, folder: Path, megabytes: float, *rest: object) -> None:
    last_s, barrier, counts = rest
    write = DESIGNS[design](folder, writer, megabytes)
    barrier.wait()  # type: ignore[attr-defined]
    began, number = time.monotonic(), 0
    while (passed := time.monotonic() - began) < float(last_s):  # type: ignore[arg-type]
        number += 1
        write(number)
    passed = time.monotonic() - began
    counts.put(number / passed)  # type: ignore[attr-defined]


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Give an empty folder and empty it afterwards."""
    import shutil

    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)
