"""Rows of pairs and tables of atoms by atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pairs:
    """Which pair stands where in a table.

    A last pair, farther apart than any cutoff, stands for an atom with itself.
    """

    n_atoms: int
    """Number of atoms."""
    pair_of: Tensor
    """``(n_atoms²,)``, number of the pair at each place."""
    above: Tensor
    """``(n_pairs,)``, place of each pair above the diagonal."""
    below: Tensor
    """``(n_pairs,)``, the same below it."""


def make_pairs(n_atoms: int, device: str) -> Pairs:
    """Give the pairs of a molecule's atoms their numbers.

    Parameters
    ----------
    n_atoms
        Number of atoms.
    device
        ``cpu`` or ``cuda``.
    """
    first, second = np.triu_indices(n_atoms, k=1)
    places = np.full((n_atoms, n_atoms), len(first))
    places[first, second] = places[second, first] = np.arange(len(first))

    def tensor(values: NDArray[np.int64]) -> Tensor:
        return torch.tensor(np.ascontiguousarray(values), device=device)

    return Pairs(
        n_atoms=n_atoms,
        pair_of=tensor(places.ravel()),
        above=tensor(np.append(first * n_atoms + second, 0)),
        below=tensor(np.append(second * n_atoms + first, 0)),
    )


class _Mirror(torch.autograd.Function):
    """Copies rows of pairs into a table; sums them on the way back.

    torch's own derivative of a gather is a scatter, which is slow and does not compile well.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, pairs: Pairs) -> Tensor:
        ctx.pairs = pairs
        table = rows.index_select(0, pairs.pair_of)
        return table.view(pairs.n_atoms, pairs.n_atoms, *rows.shape[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        table = gradients[0].flatten(0, 1)
        above, below = (table.index_select(0, at) for at in (ctx.pairs.above, ctx.pairs.below))
        return above + below, None


def mirrored(rows: Tensor, pairs: Pairs) -> Tensor:
    """Return the table of atoms by atoms that rows of pairs fill.

    Parameters
    ----------
    rows
        ``(n_pairs, ...)``.
    pairs
        Where they belong.

    Returns
    -------
    torch.Tensor
        ``(n_atoms, n_atoms, ...)``.
    """
    found: Tensor = _Mirror.apply(rows, pairs)  # type: ignore[no-untyped-call]
    return found
