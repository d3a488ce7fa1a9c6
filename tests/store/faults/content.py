"""Checkpoints whose content follows from cell, attempt and sequence, made anew by the checkers."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hpcmlff.metrics import METRICS
from hpcmlff.store.checkpoints import Checkpoint
from hpcmlff.store.image import Content
from hpcmlff.store.layout import CellFolder


def content(cell: CellFolder, attempt: int, sequence: int) -> Content:
    """Return what this attempt of the cell commits under this sequence."""
    random = np.random.default_rng([crc32(cell.path.name.encode()), attempt, sequence])
    size = int(10 ** random.uniform(1.0, 4.5))
    packed: dict[str, NDArray[Any]] = {
        "weights": random.normal(size=(size, 2)).astype(np.float32),
        "moments": random.normal(size=3),
        "step": np.array(sequence),
        "empty": np.zeros((0, 3)),
        "mask": random.random(7) < 0.5,
        "random": random.integers(0, 255, 40).astype(np.uint8),
    }
    plain = {"split/test": random.permutation(20)}
    return Content(packed=packed, plain=plain, notes=_notes(attempt, sequence))


def _notes(attempt: int, sequence: int) -> dict[str, Any]:
    share = {"train_s": 1.0, "wall_s": 2.0, "cpu_s": 3.0, "peak_mem_gb": 0.5}
    return {
        "written_by": [attempt, sequence],
        "progress": {"step": sequence, "steps": 10**6, "loss": 1 / sequence},
        "history": [share],
        **{f"n_{name}": 10 for name in ("train", "validation", "test")},
        "metrics": dict.fromkeys(METRICS, 0.25),
    }


def differences(cell: CellFolder, found: Checkpoint) -> list[str]:
    """Compare a checkpoint, bit by bit, with what its writer meant to write."""
    wanted = content(cell, found.attempt, found.sequence)
    where = f"{found.path} (attempt {found.attempt}, sequence {found.sequence})"
    wrong = [] if found.content.notes == wanted.notes else [f"{where}: notes differ"]
    for kind in ("packed", "plain"):
        ours, theirs = getattr(found.content, kind), getattr(wanted, kind)
        if ours.keys() != theirs.keys():
            wrong.append(f"{where}: holds {sorted(ours)}")
            continue
        wrong += [f"{where}: {name} differs" for name in ours if not same(ours[name], theirs[name])]
    return wrong


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Tell whether two arrays agree in type, shape and every bit."""
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
