"""Pairs of similar frames, brought into one frame of reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames

MAX_PAIRS = 4000
"""More pairs make no verdict safer."""

MAX_FRAMES = 2000
"""Frames among which nearest neighbours are sought; the cost is quadratic."""

MAX_DISTANCES = 20_000_000
"""Interatomic distances held at once, 160 MB."""

CLOSE_RATIO = 0.5
"""Frames are consecutive if neighbours are that much closer than random pairs."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pairs:
    """Energy differences of pairs of frames against the work of their forces."""

    energy: NDArray[np.float64]
    """``(n_pairs,)``, E2 - E1, kcal/mol."""
    work: NDArray[np.float64]
    """``(n_pairs,)``, -½(F1 + F2)·(x2 - x1), kcal/mol: the trapezoid rule."""
    curvature: NDArray[np.float64]
    """``(n_pairs,)``, |½(F2 - F1)·(x2 - x1)|, kcal/mol: a bound in practice on what the
    trapezoid rule can be wrong by."""
    distance: NDArray[np.float64]
    """``(n_pairs,)``, root mean square displacement of an atom, Å."""


def make_pairs(frames: Frames, first: NDArray[np.int64], second: NDArray[np.int64]) -> Pairs:
    """Lay the second frame of each pair onto the first and compare them.

    The best orthogonal matrix comes from a singular value decomposition (Kabsch, Acta
    Cryst. A32, 922). Reflections are let in: the energy of a mirror image is the same.

    Parameters
    ----------
    frames
        The frames.
    first, second
        ``(n_pairs,)``, frame numbers.
    """
    x1, x2 = (_centred(frames.positions[index]) for index in (first, second))
    f1, f2 = frames.forces[first], frames.forces[second]
    u, _, vt = np.linalg.svd(np.swapaxes(x2, 1, 2) @ x1)
    turn = u @ vt
    step, f2 = x2 @ turn - x1, f2 @ turn
    return Pairs(
        energy=frames.energies[second] - frames.energies[first],
        work=-0.5 * np.sum((f1 + f2) * step, axis=(1, 2)),
        curvature=np.abs(0.5 * np.sum((f2 - f1) * step, axis=(1, 2))),
        distance=np.sqrt(np.mean(np.sum(step**2, axis=2), axis=1)),
    )


def _centred(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = positions - positions.mean(axis=1, keepdims=True)
    return centred


def neighbours(frames: Frames) -> Pairs:
    """Return pairs of frames that follow each other in the file, evenly chosen."""
    first = _evenly(len(frames) - 1, MAX_PAIRS)
    return make_pairs(frames, first, first + 1)


def nearest(frames: Frames) -> Pairs:
    """Return each frame with the one of the most similar interatomic distances."""
    chosen = _evenly(len(frames), _affordable(frames.n_atoms))
    shape = _distances(frames.positions[chosen])
    square = np.sum(shape**2, axis=1)
    between = square[:, None] + square[None, :] - 2 * shape @ shape.T
    np.fill_diagonal(between, np.inf)
    return make_pairs(frames, chosen, chosen[np.argmin(between, axis=1)])


def are_consecutive(frames: Frames) -> bool:
    """Tell whether frames follow each other as in a trajectory.

    They do if frames next to each other are much closer than frames half the file
    apart.
    """
    if len(frames) < 10:
        return False
    near = _evenly(len(frames) - 1, 500)
    far = (near + len(frames) // 2) % len(frames)
    beside = np.median(make_pairs(frames, near, near + 1).distance)
    return bool(beside < CLOSE_RATIO * np.median(make_pairs(frames, near, far).distance))


def _evenly(n: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def _affordable(n_atoms: int) -> int:
    distances = max(1, n_atoms * (n_atoms - 1) // 2)
    return max(2, min(MAX_FRAMES, MAX_DISTANCES // distances))


def _distances(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all interatomic distances, ``(n_frames, n_pairs)``, Å."""
    i, j = np.triu_indices(positions.shape[1], 1)
    found: NDArray[np.float64] = np.linalg.norm(positions[:, i] - positions[:, j], axis=2)
    return found
