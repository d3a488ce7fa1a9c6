"""SchNet, a neural network; importing this loads neither torch nor schnetpack.

References
----------
Schütt, Sauceda, Kindermans, Tkatchenko, Müller, J. Chem. Phys. 148, 241722 (2018).
"""

from __future__ import annotations

from hpcmlff.models.protocol import TrainerEntry
from hpcmlff.models.schnet.estimate import estimate
from hpcmlff.models.schnet.settings import SchNetSettings

SCHNET = TrainerEntry(
    name="schnet",
    version=1,
    settings=SchNetSettings,
    engine="hpcmlff.models.schnet.engine:SchNetTrainer",
    requires=("schnetpack", "torch"),
    extra="schnet",
    estimate=estimate,
)
"""The registry's entry."""

__all__ = ["SCHNET", "SchNetSettings"]
