"""The one place where schnetpack is imported, and what that takes is put right.

schnetpack 2.0.4 imports the name ``T_co`` from ``torch.utils.data.dataloader``,
for an annotation only. torch renamed it in version 2.5, and the releases of
schnetpack that know this need a newer Python. So the name is put back first.

One of its modules sets up logging for the whole process (``logging.basicConfig``
in ``schnetpack/md/parsers/orca_parser.py``). That is undone.
"""

from __future__ import annotations

import logging
import warnings
from typing import TypeVar

from torch.utils.data import dataloader

if not hasattr(dataloader, "T_co"):
    dataloader.T_co = TypeVar("T_co", covariant=True)  # type: ignore[attr-defined]

_root = logging.getLogger()
_level, _handlers = _root.level, list(_root.handlers)

with warnings.catch_warnings():
    # schnetpack scripts one function with torch.jit, and brings in packages
    # (torchmetrics, lightning) that compare versions by means of distutils.
    warnings.simplefilter("ignore", DeprecationWarning)
    from schnetpack import properties
    from schnetpack import representation as representations
    from schnetpack.atomistic import Atomwise, Forces, PairwiseDistances
    from schnetpack.model import NeuralNetworkPotential
    from schnetpack.nn import CosineCutoff, GaussianRBF
    from schnetpack.nn.activations import shifted_softplus
    from schnetpack.transform import AddOffsets, CastTo64

_root.setLevel(_level)
_root.handlers[:] = _handlers

__all__ = [
    "AddOffsets",
    "Atomwise",
    "CastTo64",
    "CosineCutoff",
    "Forces",
    "GaussianRBF",
    "NeuralNetworkPotential",
    "PairwiseDistances",
    "properties",
    "representations",
    "shifted_softplus",
]
