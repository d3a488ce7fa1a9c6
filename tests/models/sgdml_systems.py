"""Small molecules and linear systems that the tests of sGDML share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.protocol import Samples
from hpcmlff.models.sgdml.factor import System
from hpcmlff.models.sgdml.internal import InternalKernel, internal_basis
from hpcmlff.models.sgdml.kernel import make_kernel
from hpcmlff.models.sgdml.tiles import Tiles
from hpcmlff.models.sgdml.tiling import Tiling

if TYPE_CHECKING:
    from numpy.typing import NDArray

AMMONIA = np.array([7, 1, 1, 1])
PERMS = np.array(
    [[0, 1, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 3, 2, 1], [0, 2, 3, 1], [0, 3, 1, 2]]
)
_SHAPE_ANG = np.array([[0, 0, 0.3], [0.94, 0, 0], [-0.47, 0.814, 0], [-0.47, -0.814, 0]])


def ammonia(n_frames: int, seed: int) -> Samples:
    """Springs between all atoms, so that any exchange of hydrogens is a symmetry."""
    noise = np.random.default_rng(seed).normal(scale=0.07, size=(n_frames, 4, 3))
    positions = _SHAPE_ANG + noise
    vectors = positions[:, :, None] - positions[:, None]
    lengths = np.linalg.norm(vectors, axis=3) + np.eye(4)
    rest = np.linalg.norm(_SHAPE_ANG[:, None] - _SHAPE_ANG[None], axis=2) + np.eye(4)
    stretch = lengths - rest
    return Samples(
        positions=positions,
        energies=-3.5e4 + 75.0 * (stretch**2).sum(axis=(1, 2)),
        forces=-300.0 * ((stretch / lengths)[..., None] * vectors).sum(axis=2),
    )


def system(
    n_frames: int = 20, *, energies: bool = False, lam: float = 1e-6, **given: Any
) -> System:
    """Return the linear system of some frames, cut into tiles of three frames."""
    positions = ammonia(n_frames, 1).positions
    bounds = [*range(0, 6 * n_frames, 18), 6 * n_frames]
    if energies:
        bounds.append(7 * n_frames)
    threads = given.pop("threads", 1)
    kernel = make_kernel(positions, PERMS, 10.0, energies=energies, threads=threads)
    return System(
        matrix=InternalKernel(kernel=kernel, basis=internal_basis(positions)),
        lam=lam,
        tiling=Tiling(bounds=tuple(bounds)),
        tiles=Tiles(**{"blocks": None, "key": "t", "room_bytes": np.inf} | given),
    )


def internal_matrix(one: System) -> NDArray[np.float64]:
    """Return the matrix in internal unknowns with its regularisation, from its tiles."""
    matrix = np.zeros((one.tiling.n, one.tiling.n))
    for row, column in one.tiling.tiles():
        matrix[one.tiling.ranges[row], one.tiling.ranges[column]] = one.assembled(row, column)
    return _mirrored(matrix)


def whole_matrix(one: System) -> NDArray[np.float64]:
    """Return the matrix in all unknowns with its regularisation."""
    kernel, ranges = one.matrix.kernel, [slice(0, one.matrix.kernel.n_frames * 12)]
    if kernel.energies:
        ranges.append(slice(ranges[0].stop, kernel.n))
    matrix = np.zeros((kernel.n, kernel.n))
    for row, rows in enumerate(ranges):
        for columns in ranges[: row + 1]:
            part = np.empty((rows.stop - rows.start, columns.stop - columns.start))
            kernel.fill(part, rows, columns)
            matrix[rows, columns] = part
    return _mirrored(matrix + one.lam * np.eye(kernel.n))


def _mirrored(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.tril(matrix) + np.tril(matrix, -1).T
