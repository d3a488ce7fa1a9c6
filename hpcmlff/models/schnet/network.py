"""The network, built from schnetpack's own classes, its weights in one vector.

Two atoms of a pair see each other at the same distance, so SchNet's filters for them are equal.
Distances, Gaussians and filters are therefore computed once for each pair and
doubled where schnetpack's interaction needs one for each direction. Weights and
results are those of the unchanged classes, at three quarters of the time. Other representations
are given both directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from hpcmlff.errors import TrainingError
from hpcmlff.models.schnet.compat import (
    Atomwise,
    CosineCutoff,
    Forces,
    GaussianRBF,
    NeuralNetworkPotential,
    properties,
    representations,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.models.schnet.settings import NetworkSettings

SCHNET = "SchNet"
"""The class whose filters depend on distances alone."""

_ATOM_ENERGY = "atom_energy"


class PairVectors(nn.Module):
    """Finds the vectors between the atoms of each pair.

    Parameters
    ----------
    both
        Whether both directions are wanted, or the first only.
    """

    def __init__(self, *, both: bool) -> None:
        super().__init__()
        self.both = both

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put vectors, ``(n_pairs, 3)`` or ``(2 * n_pairs, 3)``, Å, into the inputs.

        The index lists, ``(2 * n_pairs,)``, hold the other direction in their second
        half, in the same order.
        """
        positions = inputs[properties.R]
        first, _ = inputs[properties.idx_i].chunk(2)
        second, _ = inputs[properties.idx_j].chunk(2)
        vectors = positions[second] - positions[first]
        inputs[properties.Rij] = torch.cat([vectors, -vectors]) if self.both else vectors
        return inputs


class MoleculeSum(nn.Module):
    """Adds the energies of a molecule's atoms.

    schnetpack's own sum reads the number of molecules back from the device in
    every step; all frames having the same atoms, it is known here.

    Parameters
    ----------
    n_atoms
        Atoms in the molecule.
    """

    def __init__(self, n_atoms: int) -> None:
        super().__init__()
        self.n_atoms = n_atoms
        self.model_outputs = [properties.energy]

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put the energy of each molecule, ``(n_frames,)``, kcal/mol, into the inputs."""
        energies = inputs[_ATOM_ENERGY].view(-1, self.n_atoms)
        inputs[properties.energy] = energies.sum(dim=1)
        return inputs


def _doubled(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
    return torch.cat([output, output])


def representation(settings: NetworkSettings) -> nn.Module:
    """Build schnetpack's representation, unchanged, with random weights.

    Raises
    ------
    TrainingError
        schnetpack has no such representation, or not with these options.
    """
    name = settings.representation_class
    try:
        found = getattr(representations, name)
        made: nn.Module = found(
            n_atom_basis=settings.features,
            n_interactions=settings.interactions,
            radial_basis=GaussianRBF(n_rbf=settings.gaussians, cutoff=settings.cutoff),
            cutoff_fn=CosineCutoff(settings.cutoff),
            **settings.representation_options,
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise TrainingError(
            f"schnetpack makes no representation {name!r} of these settings: {error}",
            hint="Set 'representation' to a class of schnetpack.representation, such as SO3net,"
            " and its further arguments under 'options'",
        ) from None
    return made


def _halved(schnet: nn.Module) -> nn.Module:
    """Let filters be computed for one direction of each pair only."""
    for part, module in schnet.named_modules():
        if part == "cutoff_fn" or part.endswith("filter_network"):
            module.register_forward_hook(_doubled)
    return schnet


def build(settings: NetworkSettings, n_atoms: int, seed: int = 0) -> nn.Module:
    """Build a network for energies and forces, with random weights.

    The weights depend on the seed only, and no generator of the process is touched.

    Parameters
    ----------
    settings
        Sizes and cutoff.
    n_atoms
        Atoms in the molecule.
    seed
        Not negative, of any length.

    Returns
    -------
    torch.nn.Module
        Takes what `Geometries.inputs` returns; returns ``energy`` ``(n_frames,)``,
        kcal/mol, and ``forces`` ``(n_frames * n_atoms, 3)``, kcal/mol/Å.

    Raises
    ------
    TrainingError
        schnetpack has no such representation, or not with these options.
    """
    folded = np.random.SeedSequence([seed, 0]).generate_state(1, np.uint64)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(folded[0]))
        made = representation(settings)
        atoms = Atomwise(
            n_in=settings.features,
            aggregation_mode=None,
            output_key=_ATOM_ENERGY,
            per_atom_output_key=_ATOM_ENERGY,
        )
    halved = settings.representation_class == SCHNET
    network: nn.Module = NeuralNetworkPotential(
        representation=_halved(made) if halved else made,
        input_modules=[PairVectors(both=not halved)],
        output_modules=[atoms, MoleculeSum(n_atoms), Forces()],
    )
    return network


def flatten(network: nn.Module) -> Tensor:
    """Return a copy of all weights as one vector, ``(n_weights,)``."""
    return torch.cat([weight.detach().reshape(-1) for weight in network.parameters()])


def attach(network: nn.Module, vector: Tensor) -> None:
    """Make a network's weights views of a vector, so that one operation updates all.

    Parameters
    ----------
    network
        The network.
    vector
        ``(n_weights,)``, float32, in the order of `flatten`.
    """
    weights = list(network.parameters())
    parts = torch.split(vector, [weight.numel() for weight in weights])
    for weight, part in zip(weights, parts, strict=True):
        weight.data = part.view_as(weight)


def shapes(settings: NetworkSettings, n_atoms: int) -> dict[str, torch.Size]:
    """Return names and shapes of a network's weights, in the order of `flatten`."""
    network = build(settings, n_atoms)
    return {name: weight.shape for name, weight in network.named_parameters()}


def unflattened(vector: Tensor, found: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    """Cut a vector into views with the names and shapes of a network's weights.

    Parameters
    ----------
    vector
        ``(n_weights,)``, in the order of `flatten`.
    found
        What `shapes` returned.
    """
    parts = torch.split(vector, [shape.numel() for shape in found.values()])
    views = zip(found.items(), parts, strict=True)
    return {name: part.view(shape) for (name, shape), part in views}


def named(network: nn.Module, vector: Tensor) -> dict[str, NDArray[np.float32]]:
    """Cut a vector into arrays with the names and shapes of the network's weights."""
    weights = dict(network.named_parameters())
    parts = torch.split(vector.detach().cpu(), [weight.numel() for weight in weights.values()])
    return {
        name: part.view_as(weight).numpy().copy()
        for (name, weight), part in zip(weights.items(), parts, strict=True)
    }


def load(network: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give a network the weights that `named` returned."""
    for name, weight in network.named_parameters():
        weight.data = torch.tensor(arrays[name], dtype=torch.float32)
