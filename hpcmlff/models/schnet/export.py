"""A trained network as stock schnetpack's own classes have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.compat import (
    AddOffsets,
    Atomwise,
    CastTo64,
    Forces,
    NeuralNetworkPotential,
    PairwiseDistances,
)

if TYPE_CHECKING:
    from torch import nn

    from hpcmlff.models.protocol import Arrays, Task


def stock_model(task: Task, model: Arrays, mean_kcal_mol: float) -> nn.Module:
    """Build the model of unchanged classes.

    Parameters
    ----------
    task
        For the settings and the number of atoms.
    model
        The weights, by name.
    mean_kcal_mol
        Added to each molecule's energy.

    Returns
    -------
    torch.nn.Module
        A ``NeuralNetworkPotential`` that returns ``energy``, kcal/mol, float64, with the mean, and
        ``forces``, kcal/mol/Å, of what schnetpack's own neighbour lists make; on the CPU.
    """
    # schnetpack's offset is a mean per atom, and its argument is spelt so.
    per_atom = torch.tensor([mean_kcal_mol / len(task.species)], dtype=torch.float64)
    made: nn.Module = NeuralNetworkPotential(
        representation=networks.representation(task.settings),
        input_modules=[PairwiseDistances()],
        output_modules=[Atomwise(n_in=task.settings.features, output_key="energy"), Forces()],
        postprocessors=[CastTo64(), AddOffsets("energy", add_mean=True, propery_mean=per_atom)],
        input_dtype_str="float32",
    )
    networks.load(made, model)
    return made.eval()
