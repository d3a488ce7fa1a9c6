"""Frames as tensors on the device, with neighbour lists made once, and their order."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hpcmlff.models.schnet.compat import properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CHUNK_PAIRS = 10_000
"""Pairs evaluated at once outside training, which bounds the memory."""


def pairs_within(positions: NDArray[np.float64], cutoff_ang: float) -> NDArray[np.int64]:
    """List all pairs of atoms closer than the cutoff, each once, without a cell.

    Parameters
    ----------
    positions
        ``(n_atoms, 3)``, Å.
    cutoff_ang
        Radius, Å.

    Returns
    -------
    numpy.ndarray
        ``(2, n_pairs)``; the first atom's number is the smaller.
    """
    first, second = np.triu_indices(len(positions), k=1)
    distances = np.linalg.norm(positions[second] - positions[first], axis=1)
    near = distances < cutoff_ang
    return np.stack([first[near], second[near]]).astype(np.int64)


@lru_cache(maxsize=4)
def order(seed: int, epoch: int, n_frames: int) -> NDArray[np.int64]:
    """Return the order of the training frames in one pass through them.

    It follows from seed and pass alone, so that a checkpoint needs no generator and
    any step can be repeated.

    Parameters
    ----------
    seed
        Not negative, of any length.
    epoch
        Number of the pass.
    n_frames
        Training frames.

    Returns
    -------
    numpy.ndarray
        ``(n_frames,)``, a permutation; kept and shared, so not to be changed.
    """
    # Raw bits stay the same over versions of numpy; its shuffles need not.
    keys = np.random.PCG64([seed, 1, epoch]).random_raw(n_frames)
    return np.argsort(keys, kind="stable")


class Geometries:
    """Frames of one molecule on the device, ready to be gathered into batches.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    cutoff_ang
        Radius of the neighbour lists, Å.
    device
        ``cpu`` or ``cuda``.
    """

    def __init__(
        self,
        species: NDArray[np.int64],
        positions: NDArray[np.float64],
        cutoff_ang: float,
        device: str,
    ) -> None:
        lists = [pairs_within(frame, cutoff_ang) for frame in positions]
        # Plain numbers: reading them from a GPU would make every step wait for it.
        self._ends: list[int] = np.cumsum([0, *(pairs.shape[1] for pairs in lists)]).tolist()
        joined = np.concatenate([np.zeros((2, 0), np.int64), *lists], axis=1)
        self._pairs = torch.tensor(joined, device=device)
        self._positions = torch.tensor(positions, dtype=torch.float32, device=device)
        self._species = torch.tensor(species, dtype=torch.int64, device=device)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def inputs(self, frames: NDArray[np.int64]) -> dict[str, Tensor]:
        """Return schnetpack's dictionary for a batch.

        The index lists name every pair twice: in the second half the other way round.

        Parameters
        ----------
        frames
            ``(n_batch,)``, numbers of frames.
        """
        n_atoms = len(self._species)
        numbers = frames.tolist()
        pairs = torch.cat([self._of(f) + k * n_atoms for k, f in enumerate(numbers)], dim=1)
        chosen = torch.from_numpy(frames).to(self._positions.device, non_blocking=True)
        return {
            properties.Z: self._species.repeat(len(numbers)),
            properties.R: self._positions[chosen].view(-1, 3),
            properties.idx_i: pairs.reshape(-1),
            properties.idx_j: pairs.flip(0).reshape(-1),
        }

    def _of(self, frame: int) -> Tensor:
        return self._pairs[:, self._ends[frame] : self._ends[frame + 1]]

    def chunks(self, n_pairs: int = CHUNK_PAIRS) -> Iterator[NDArray[np.int64]]:
        """Yield the numbers of all frames in order, in batches of about so many pairs.

        Parameters
        ----------
        n_pairs
            Pairs in a batch; a frame that has more is a batch of its own.
        """
        first = 0
        for last in range(1, len(self) + 1):
            if last == len(self) or self._ends[last + 1] - self._ends[first] > n_pairs:
                yield np.arange(first, last)
                first = last
