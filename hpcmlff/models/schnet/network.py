"""The network, built from schnetpack's own classes, its weights in one vector.

Two atoms of a pair see each other at the same distance, so their filters are equal.
Distances, Gaussians and filters are therefore computed once for each pair and
doubled where schnetpack's interaction needs one for each direction. Weights and
results are those of the unchanged classes, at three quarters of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from hpcmlff.models.schnet.compat import (
    Atomwise,
    CosineCutoff,
    Forces,
    GaussianRBF,
    NeuralNetworkPotential,
    SchNet,
    properties,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.models.schnet.settings import SchNetSettings

_ATOM_ENERGY = "atom_energy"


class PairVectors(nn.Module):
    """Finds the vector between the atoms of each pair, in one direction only."""

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put vectors, ``(n_pairs, 3)``, Å, into the inputs.

        The index lists, ``(2 * n_pairs,)``, hold the other direction in their second
        half, in the same order.
        """
        positions = inputs[properties.R]
        first, _ = inputs[properties.idx_i].chunk(2)
        second, _ = inputs[properties.idx_j].chunk(2)
        inputs[properties.Rij] = positions[second] - positions[first]
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


def _representation(settings: SchNetSettings) -> nn.Module:
    representation: nn.Module = SchNet(
        n_atom_basis=settings.features,
        n_interactions=settings.interactions,
        radial_basis=GaussianRBF(n_rbf=settings.gaussians, cutoff=settings.cutoff),
        cutoff_fn=CosineCutoff(settings.cutoff),
    )
    for name, module in representation.named_modules():
        if name == "cutoff_fn" or name.endswith("filter_network"):
            module.register_forward_hook(_doubled)
    return representation


def build(settings: SchNetSettings, n_atoms: int, seed: int = 0) -> nn.Module:
    """Build a SchNet for energies and forces, with random weights.

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
    """
    folded = np.random.SeedSequence([seed, 0]).generate_state(1, np.uint64)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(folded[0]))
        representation = _representation(settings)
        atoms = Atomwise(
            n_in=settings.features,
            aggregation_mode=None,
            output_key=_ATOM_ENERGY,
            per_atom_output_key=_ATOM_ENERGY,
        )
    network: nn.Module = NeuralNetworkPotential(
        representation=representation,
        input_modules=[PairVectors()],
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
