"""Which frames train, validate and test: paired over models and nested over sizes.

One permutation per molecule and seed orders all frames. Its order comes from the raw
64-bit stream of Philox (Salmon et al., SC11), keyed directly, and a stable sort: NumPy
promises raw bit streams to stay the same over its versions (NEP 19), but not what
``permutation`` makes of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import GridError
from hpcmlff.spec.canonical import stream_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.data.fixed import FixedSets
    from hpcmlff.spec.grid import SplitSettings


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Split:
    """The shares of one molecule's frames for one seed; numbers count from 0."""

    molecule: str
    """Name of the molecule, for messages."""
    n_frames: int
    """Frames in all."""
    test: NDArray[np.int64]
    """``(n_test,)``, the same for every model and size."""
    validation: NDArray[np.int64]
    """``(n_validation,)``, the same for every model and size."""
    pool: NDArray[np.int64]
    """``(n_pool,)``, frames to train on; each size takes the first of them."""

    def train(self, size: int) -> NDArray[np.int64]:
        """Return the training set of a size: the pool's first frames.

        Raises
        ------
        GridError
            There are not that many, with the key ``axes.size``.
        """
        if size > len(self.pool):
            what = f"size {size} is larger than the data allows: {self._left()}"
            raise GridError(what, key=("axes", "size"))
        return self.pool[:size]

    def digest(self, size: int) -> str:
        """Return the SHA-256 of training, validation and test set with their lengths.

        Raises
        ------
        GridError
            There are not that many training frames.
        """
        return split_digest(self.train(size), self.validation, self.test)

    def _left(self) -> str:
        used = len(self.test) + len(self.validation)
        text = (
            f"{self.molecule} has {self.n_frames} frames, less {len(self.test)} test"
            f" and {len(self.validation)} validation"
        )
        if (unused := self.n_frames - used - len(self.pool)) > 0:
            text += f" and {unused} that training may not use"
        return f"{text} leaves {len(self.pool)}"


def split_digest(*sets: NDArray[np.int64]) -> str:
    """Return the SHA-256 of training, validation and test set with their lengths.

    Parameters
    ----------
    sets
        ``(n,)`` each, frame numbers; the three in this order.
    """
    hasher = hashlib.sha256(b"split 1\n")
    for indices in sets:
        hasher.update(f"{len(indices)}\n".encode())
        hasher.update(np.ascontiguousarray(indices, dtype="<i8").tobytes())
    return hasher.hexdigest()


def permutation(n: int, *purpose: str | int) -> NDArray[np.int64]:
    """Return the numbers 0 to n-1 in an order that belongs to a purpose.

    Parameters
    ----------
    n
        How many.
    purpose
        Names of what the order is for, such as ``"split", "glycine", 0``.
    """
    keys = np.random.Philox(key=stream_seed(*purpose)).random_raw(n)
    return np.argsort(keys, kind="stable").astype(np.int64)


def make_split(
    n_frames: int, fixed: FixedSets, settings: SplitSettings, molecule: str, seed: int
) -> Split:
    """Share out a molecule's frames.

    Sets that are fixed are taken whole. A drawn test set has no frame of a fixed
    training set; a drawn validation set comes from it. What is left of a block that
    was cut to the number asked for is not used.

    Parameters
    ----------
    n_frames
        Frames in all.
    fixed
        The official split as far as there is one.
    settings
        Numbers of test and validation frames, and whether frames are dealt out
        singly or in blocks.
    molecule
        Its name; with the seed it decides the order.
    seed
        The cell's seed.

    Raises
    ------
    GridError
        Test or validation set are larger than the data allows, with their key.
    """
    order = permutation(n_frames, "split", molecule, seed)
    queue = _queue(order, settings, molecule, seed)
    block_of = np.arange(n_frames) // (settings.block_frames if settings.kind == "blocks" else 1)
    trainable = _mask(n_frames, fixed.train, default=True)
    free = ~_mask(n_frames, fixed.test) & ~_mask(n_frames, fixed.validation)
    test, validation = fixed.test, fixed.validation
    if test is None:
        outside = free & ~_mask(n_frames, fixed.train)
        test = _draw("test", settings.test, queue[outside[queue]], molecule)
        free &= ~np.isin(block_of, block_of[test])
    if validation is None:
        inside = free & trainable
        validation = _draw("validation", settings.validation, queue[inside[queue]], molecule)
        free &= ~np.isin(block_of, block_of[validation])
    return Split(
        molecule=molecule,
        n_frames=n_frames,
        test=test,
        validation=validation,
        pool=order[(free & trainable)[order]],
    )


def _draw(name: str, n: int, queue: NDArray[np.int64], molecule: str) -> NDArray[np.int64]:
    if n > len(queue):
        left = f"{molecule} has {len(queue)} frames left for it"
        what = f"{name} {n} is larger than the data allows: {left}"
        raise GridError(what, key=("split", name))
    return queue[:n]


def _queue(
    order: NDArray[np.int64], settings: SplitSettings, molecule: str, seed: int
) -> NDArray[np.int64]:
    """Return all frames in the order in which they are dealt out, blocks kept whole."""
    if settings.kind == "random":
        return order
    n_blocks = -(-len(order) // settings.block_frames)
    rank = np.argsort(permutation(n_blocks, "split blocks", molecule, seed))
    frames = np.arange(len(order))
    return frames[np.argsort(rank[frames // settings.block_frames], kind="stable")]


def _mask(
    n_frames: int, indices: NDArray[np.int64] | None, *, default: bool = False
) -> NDArray[np.bool_]:
    if indices is None:
        return np.full(n_frames, default)
    mask = np.zeros(n_frames, dtype=np.bool_)
    mask[indices] = True
    return mask
