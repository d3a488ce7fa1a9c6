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

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from hpcmlff.models.schnet.compat import shifted_softplus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.models.schnet.tables import Geometry, Tables

_LAYER, _OUT = "representation.interactions.{}.", "output_modules.0.outnet."


class _Mirror(torch.autograd.Function):
    """Copies rows of pairs into a table of atoms by atoms; sums them on the way back.

    torch's own derivative of a gather is a scatter, which is slow and does not compile well.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, tables: Tables) -> Tensor:
        ctx.tables = tables
        n_atoms = tables.n_atoms
        return rows.index_select(0, tables.pair_of).view(n_atoms, n_atoms, *rows.shape[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        table = gradients[0].flatten(0, 1)
        return table.index_select(0, ctx.tables.above) + table.index_select(
            0, ctx.tables.below
        ), None


def _mirrored(rows: Tensor, tables: Tables) -> Tensor:
    found: Tensor = _Mirror.apply(rows, tables)  # type: ignore[no-untyped-call]
    return found


def energies_and_forces(
    weights: Mapping[str, Tensor], tables: Tables, frames: Geometry
) -> tuple[Tensor, Tensor]:
    """Predict some frames.

    Parameters
    ----------
    weights
        The network's, by name.
    tables
        The molecule.
    frames
        Distances, expanded, and directions.

    Returns
    -------
    energies
        ``(n_frames,)``, kcal/mol.
    forces
        ``(n_atoms, n_frames, 3)``, kcal/mol/Å.
    """
    filters = [_filters(weights, k, tables, frames) for k in range(tables.interactions)]
    x = weights["representation.embedding.weight"][tables.species][:, None]
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
    return energies, _forces(_slopes(weights, filters, kept, by_features), frames.directions)


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _filters(
    weights: Mapping[str, Tensor], k: int, tables: Tables, frames: Geometry
) -> tuple[Tensor, Tensor]:
    """Return an interaction's filters and their derivatives by the distance.

    Both ``(n_atoms, n_atoms, n_frames, features)``.
    """
    name, (n_pairs, n_frames, _) = _LAYER.format(k) + "filter_network.", frames.cut.shape
    first, first_slope = linear(frames.radial, weights[name + "0.weight"])
    first = first + weights[name + "0.bias"]
    hidden = torch.stack([shifted_softplus(first), torch.sigmoid(first) * first_slope])
    second, slope = linear(hidden, weights[name + "1.weight"])
    second = second + weights[name + "1.bias"]
    shape = n_pairs, n_frames, -1
    filter_ = second.view(shape) * frames.cut
    derivative = slope.view(shape) * frames.cut + second.view(shape) * frames.cut_slope
    return _mirrored(filter_, tables), _mirrored(derivative, tables)


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
