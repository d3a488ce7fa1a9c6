"""What the dense form of SchNet needs of a molecule and of its frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpcmlff.models.schnet.settings import NetworkSettings

MOST_ATOMS = 40
"""Atoms of a molecule for which a table of all pairs is not mostly empty."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tables:
    """A molecule: which pair stands where in a table of atoms by atoms.

    A last pair, farther apart than any cutoff, stands for an atom with itself.
    """

    species: Tensor
    """``(n_atoms,)``, atomic numbers."""
    pair_of: Tensor
    """``(n_atoms²,)``, number of the pair at each place."""
    above: Tensor
    """``(n_pairs,)``, place of each pair above the diagonal."""
    below: Tensor
    """``(n_pairs,)``, the same below it."""
    interactions: int
    """Interaction blocks."""

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.species)


def make_tables(species: NDArray[np.int64], interactions: int, device: str) -> Tables:
    """Give the pairs of a molecule's atoms their numbers.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    interactions
        Interaction blocks.
    device
        ``cpu`` or ``cuda``.
    """
    n_atoms = len(species)
    first, second = np.triu_indices(n_atoms, k=1)
    places = np.full((n_atoms, n_atoms), len(first))
    places[first, second] = places[second, first] = np.arange(len(first))

    def tensor(values: NDArray[np.int64]) -> Tensor:
        return torch.tensor(np.ascontiguousarray(values), device=device)

    return Tables(
        species=tensor(species),
        pair_of=tensor(places.ravel()),
        above=tensor(np.append(first * n_atoms + second, 0)),
        below=tensor(np.append(second * n_atoms + first, 0)),
        interactions=interactions,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Geometry:
    """Some frames: distances, expanded, with derivatives, and directions."""

    radial: Tensor
    """``(2, n_pairs, n_frames, gaussians)``, radial basis, and its derivatives, 1/Å."""
    cut: Tensor
    """``(n_pairs, n_frames, 1)``, cutoff function."""
    cut_slope: Tensor
    """``(n_pairs, n_frames, 1)``, its derivative, 1/Å."""
    directions: Tensor
    """``(n_atoms, n_atoms, n_frames, 3)``, unit vectors from the first atom to the second."""

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the parts, in the order in which `of` takes them."""
        return self.radial, self.cut, self.cut_slope, self.directions

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Geometry:
        """Put the parts together again."""
        radial, cut, cut_slope, directions = tensors
        return cls(radial=radial, cut=cut, cut_slope=cut_slope, directions=directions)

    def chosen(self, frames: Tensor) -> Geometry:
        """Return some of the frames."""
        return Geometry(
            radial=self.radial.index_select(2, frames),
            cut=self.cut.index_select(1, frames),
            cut_slope=self.cut_slope.index_select(1, frames),
            directions=self.directions.index_select(2, frames),
        )


def make_geometry(
    positions: NDArray[np.float64], settings: NetworkSettings, device: str
) -> Geometry:
    """Expand the distances of frames.

    Gaussians as ``schnetpack.nn.GaussianRBF``, cutoff as ``schnetpack.nn.CosineCutoff``, with
    their derivatives; computed in float64.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    settings
        Cutoff and number of Gaussians.
    device
        ``cpu`` or ``cuda``.
    """
    n_atoms, cutoff = positions.shape[1], settings.cutoff
    vectors = (positions[:, None] - positions[:, :, None]).transpose(1, 2, 0, 3)
    lengths = np.linalg.norm(vectors, axis=-1)
    first, second = np.triu_indices(n_atoms, k=1)
    # The last pair stands for an atom with itself.
    beyond = np.full((1, len(positions)), 2 * cutoff)
    distances = np.concatenate((lengths[first, second], beyond))[..., None]
    centres = np.linspace(0, cutoff, settings.gaussians)
    from_centres, width = distances - centres, centres[1]
    gaussians = np.exp(-0.5 * (from_centres / width) ** 2)
    turn, inside = distances * (math.pi / cutoff), distances < cutoff
    lengths[np.arange(n_atoms), np.arange(n_atoms)] = 1.0

    def tensor(values: NDArray[np.float64]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)

    return Geometry(
        radial=tensor(np.stack((gaussians, -gaussians * from_centres / width**2))),
        cut=tensor(0.5 * (np.cos(turn) + 1) * inside),
        cut_slope=tensor(-0.5 * math.pi / cutoff * np.sin(turn) * inside),
        directions=tensor(vectors / lengths[..., None]),
    )
