"""SchNet of one molecule without index lists, its forces by explicit derivatives.

All frames have the same atoms, so tensors have fixed shapes: filters stand in an
``(n_atoms, n_atoms)`` table, and sums over neighbours are sums over a row of it; atoms beyond the
cutoff have filters of zero. Filters depend on a distance alone, hence so do their
derivatives, which go forward through the filter network beside them. The energy's
derivatives by the filters go backward through the interactions, written out. What is left for
automatic differentiation is one pass, which compiles. Layers, weights and results are those of
``schnetpack.representation.SchNet`` with ``schnetpack.atomistic.Atomwise``.

References
----------
Schütt et al., J. Chem. Phys. 148, 241722 (2018), section II.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from hpcmlff.models.schnet.compat import shifted_softplus
from hpcmlff.models.schnet.dense.expansion import cosine, gaussians, vectors
from hpcmlff.models.schnet.dense.pairs import Pairs, make_pairs, mirrored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.models.schnet.settings import NetworkSettings

_LAYER, _OUT = "representation.interactions.{}.", "output_modules.0.outnet."


class DenseSchNet:
    """The dense form of SchNet.

    Its geometry: the radial basis and its derivatives by pairs, cutoff function, the same,
    and directions by atoms.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    settings
        Of the network.
    device
        ``cpu`` or ``cuda``.
    """

    frame_axes: tuple[int, ...] = (2, 1, 1, 2)
    """Which axis of each tensor of a geometry counts the frames."""

    def __init__(self, species: NDArray[np.int64], settings: NetworkSettings, device: str) -> None:
        self._settings, self._device = settings, device
        self._species = torch.tensor(species, device=device)
        self._pairs = make_pairs(len(species), device)

    def geometry(self, positions: NDArray[np.float64]) -> tuple[Tensor, ...]:
        """Expand frames; see `Form`."""
        cutoff = self._settings.cutoff
        distances, directions = vectors(positions, 2 * cutoff)
        first, second = np.triu_indices(len(distances), k=1)
        # The last pair stands for an atom with itself.
        of_pairs = np.concatenate((distances[first, second], distances[:1, 0]))[..., None]
        radial = np.stack(gaussians(of_pairs, cutoff, self._settings.gaussians))
        arrays = (radial, *cosine(of_pairs, cutoff), directions)
        return tuple(
            torch.tensor(array, dtype=torch.float32, device=self._device) for array in arrays
        )

    def energies_and_forces(
        self, weights: Mapping[str, Tensor], geometry: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Predict expanded frames; see `Form`."""
        layers = range(self._settings.interactions)
        filters = [_filters(weights, k, self._pairs, geometry) for k in layers]
        x = weights["representation.embedding.weight"][self._species][:, None]
        kept: list[tuple[Tensor, Tensor]] = []
        for k, (filter_, _) in enumerate(filters):
            layer = _LAYER.format(k)
            messages = linear(x, weights[layer + "in2f.weight"])
            hidden = _linear(weights, layer + "f2out.0", _convolved(filter_, messages))
            x = x + _linear(weights, layer + "f2out.1", shifted_softplus(hidden))
            kept.append((messages, hidden))
        hidden = _linear(weights, _OUT + "0", x)
        gate = torch.sigmoid(hidden)
        out = hidden * gate
        energies = _linear(weights, _OUT + "1", out).sum(dim=(0, 2))
        slope = (gate + out * (1 - gate)) * weights[_OUT + "1.weight"]
        by_features = slope @ weights[_OUT + "0.weight"]
        return energies, _forces(_slopes(weights, filters, kept, by_features), geometry[-1])


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _filters(
    weights: Mapping[str, Tensor], k: int, pairs: Pairs, geometry: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """Return an interaction's filters and their derivatives by the distance.

    Both ``(n_atoms, n_atoms, n_frames, features)``.
    """
    radial, cut, cut_slope, _ = geometry
    name, shape = _LAYER.format(k) + "filter_network.", (*cut.shape[:2], -1)
    first, first_slope = linear(radial, weights[name + "0.weight"])
    first = first + weights[name + "0.bias"]
    hidden = torch.stack([shifted_softplus(first), torch.sigmoid(first) * first_slope])
    second, slope = linear(hidden, weights[name + "1.weight"])
    second = second + weights[name + "1.bias"]
    derivative = slope.view(shape) * cut + second.view(shape) * cut_slope
    return mirrored(second.view(shape) * cut, pairs), mirrored(derivative, pairs)


def _convolved(filter_: Tensor, messages: Tensor) -> Tensor:
    return (filter_ * messages[None]).sum(dim=1)


def _slopes(
    weights: Mapping[str, Tensor],
    filters: list[tuple[Tensor, Tensor]],
    kept: list[tuple[Tensor, Tensor]],
    by_features: Tensor,
) -> Tensor:
    """Return the energy's derivatives by distances, half of each in either direction.

    ``(n_atoms, n_atoms, n_frames)``, kcal/mol/Å.
    """
    slopes: Tensor | None = None
    for k in reversed(range(len(filters))):
        layer, (filter_, derivative), (messages, hidden) = _LAYER.format(k), filters[k], kept[k]
        by_hidden = (by_features @ weights[layer + "f2out.1.weight"]) * torch.sigmoid(hidden)
        by_sums = by_hidden @ weights[layer + "f2out.0.weight"]
        part = (derivative * messages[None] * by_sums[:, None]).sum(dim=-1)
        slopes = part if slopes is None else slopes + part
        if k:
            # A filter is the same in both directions, so this is its own transpose.
            further = _convolved(filter_, by_sums) @ weights[layer + "in2f.weight"]
            by_features = by_features + further
    assert slopes is not None
    return slopes


def _forces(slopes: Tensor, directions: Tensor) -> Tensor:
    return ((slopes + slopes.transpose(0, 1))[..., None] * directions).sum(dim=1)
