"""Neural networks of schnetpack; importing this loads neither torch nor schnetpack.

References
----------
SchNet: Schütt, Sauceda, Kindermans, Tkatchenko, Müller, J. Chem. Phys. 148, 241722 (2018).
PaiNN: Schütt, Unke, Gastegger, Proc. Mach. Learn. Res. 139, 9377 (2021).
The package: Schütt, Hessmann, Gebauer, Lederer, Gastegger, J. Chem. Phys. 158, 144801 (2023).
"""

from __future__ import annotations

from functools import partial

from hpcmlff.models.protocol import TrainerEntry
from hpcmlff.models.schnet.estimate import estimate
from hpcmlff.models.schnet.settings import PaiNNSettings, SchNetPackSettings, SchNetSettings

_entry = partial(
    TrainerEntry,
    engine="hpcmlff.models.schnet.engine:NetworkTrainer",
    requires=("schnetpack", "torch"),
    extra="schnet",
    estimate=estimate,
)

SCHNET = _entry(name="schnet", version=3, settings=SchNetSettings)
"""SchNet's entry in the registry."""
PAINN = _entry(name="painn", version=1, settings=PaiNNSettings)
"""PaiNN's."""
SCHNETPACK = _entry(name="schnetpack", version=1, settings=SchNetPackSettings)
"""That of schnetpack's further representations, by the name of their class."""

__all__ = [
    "PAINN",
    "SCHNET",
    "SCHNETPACK",
    "PaiNNSettings",
    "SchNetPackSettings",
    "SchNetSettings",
]
