"""PaiNN of one molecule without index lists.

Filters and directions stand in tables of atoms by atoms, and sums over neighbours are sums over a
row of these. The energy's derivatives by both tables are taken automatically, those by
positions are written out. Layers, weights and results are those of
``schnetpack.representation.PaiNN`` with ``schnetpack.atomistic.Atomwise``.

References
----------
Schütt, Unke, Gastegger, Proc. Mach. Learn. Res. 139, 9377 (2021), section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear, silu

from hpcmlff.models.schnet.dense.expansion import cosine, gaussians, vectors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.models.schnet.settings import NetworkSettings

_NET, _EPSILON = "representation.", 1e-8
"""Beginning of the names; what schnetpack adds to squared norms."""


class DensePaiNN:
    """The dense form of PaiNN.

    Its geometry, by atoms: the radial basis times the cutoff function with that
    function beside it, their derivatives, directions, inverse distances.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    settings
        Of the network.
    device
        ``cpu`` or ``cuda``.
    """

    frame_axes: tuple[int, ...] = (2, 2, 2, 2)
    """Which axis of each tensor of a geometry counts the frames."""

    def __init__(self, species: NDArray[np.int64], settings: NetworkSettings, device: str) -> None:
        self._settings, self._device = settings, device
        self._species = torch.tensor(species, device=device)

    def geometry(self, positions: NDArray[np.float64]) -> tuple[Tensor, ...]:
        """Expand frames; see `Form`."""
        cutoff = self._settings.cutoff
        distances, directions = vectors(positions, 2 * cutoff)
        distances = distances[..., None]
        basis, slope = gaussians(distances, cutoff, self._settings.gaussians)
        cut, cut_slope = cosine(distances, cutoff)
        radial = np.concatenate((basis * cut, cut), axis=-1)
        radial_slope = np.concatenate((slope * cut + basis * cut_slope, cut_slope), axis=-1)
        arrays = radial, radial_slope, directions, 1 / distances
        return tuple(
            torch.tensor(array, dtype=torch.float32, device=self._device) for array in arrays
        )

    def energies_and_forces(
        self, weights: Mapping[str, Tensor], geometry: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Predict expanded frames; see `Form`."""
        radial, radial_slope, directions, inverse = geometry

        def total(basis: Tensor, towards: Tensor) -> tuple[Tensor, Tensor]:
            energies = self._energies(weights, basis, towards)
            return energies.sum(), energies

        derivative = torch.func.grad(total, argnums=(0, 1), has_aux=True)
        (by_radial, by_directions), energies = derivative(radial, directions)
        along = (by_radial * radial_slope).sum(dim=-1, keepdim=True)
        # A direction changes with what is perpendicular to it.
        inward = (by_directions * directions).sum(dim=-1, keepdim=True)
        pulls = along * directions + (by_directions - inward * directions) * inverse
        return energies, (pulls - pulls.transpose(0, 1)).sum(dim=1)

    def _energies(
        self, weights: Mapping[str, Tensor], radial: Tensor, directions: Tensor
    ) -> Tensor:
        name = _NET + "filter_net."
        joined = torch.cat([weights[name + "weight"], weights[name + "bias"][:, None]], dim=1)
        width = 3 * self._settings.features
        filters = torch.split(linear(radial, joined), width, dim=-1)
        q = weights[_NET + "embedding.weight"][self._species][:, None]
        q = q.expand(-1, radial.shape[2], -1)
        mu: Tensor | None = None
        for k, filter_ in enumerate(filters):
            q, mu = _interaction(weights, k, q, mu, (filter_, directions))
            q, mu = _mixing(weights, k, q, mu)
        out = "output_modules.0.outnet."
        return _linear(weights, out + "1", silu(_linear(weights, out + "0", q))).sum(dim=(0, 2))


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _network(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return _linear(weights, name + ".1", silu(_linear(weights, name + ".0", x)))


def _interaction(
    weights: Mapping[str, Tensor],
    k: int,
    q: Tensor,
    mu: Tensor | None,
    tables: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor]:
    """Add up what neighbours send; ``mu`` is ``(n_atoms, n_frames, 3, features)``."""
    filter_, directions = tables
    x = _network(weights, f"{_NET}interactions.{k}.interatomic_context_net", q)
    scalars, outward, vector = (filter_ * x[None]).chunk(3, dim=-1)
    dmu = (outward[..., None, :] * directions[..., None]).sum(dim=1)
    if mu is not None:
        dmu = mu + dmu + (vector[..., None, :] * mu[None]).sum(dim=1)
    return q + scalars.sum(dim=1), dmu


def _mixing(weights: Mapping[str, Tensor], k: int, q: Tensor, mu: Tensor) -> tuple[Tensor, Tensor]:
    """Let an atom's scalars and vectors act on each other."""
    name = f"{_NET}mixing.{k}."
    first, second = linear(mu, weights[name + "mu_channel_mix.weight"]).chunk(2, dim=-1)
    norms = torch.sqrt(first.square().sum(dim=-2) + _EPSILON)
    context = torch.cat([q, norms], dim=-1)
    x = _network(weights, name + "intraatomic_context_net", context)
    scalars, vector, product = x.chunk(3, dim=-1)
    q = q + scalars + product * (first * second).sum(dim=-2)
    return q, mu + vector[..., None, :] * second
