"""Whether a training's step is compiled; decided once, when it begins."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Size
from hpcmlff.models.schnet.dense.form import MOST_ATOMS
from hpcmlff.models.schnet.estimate import step_s
from hpcmlff.models.schnet.settings import DenseSettings

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Task

COMPILE_S = 60.0
"""Time of compiling that is reckoned with; 25 to 50 s were measured, 6 s for the second time."""
_SAVED = 0.4
"""Part of a step that compiling saves: 0.55 measured for 10 atoms, 0.3 for 24."""
_PAYS = 1.5
"""What is saved must be so many times the time of compiling."""


def is_compiled(task: Task, steps: int) -> bool:
    """Tell whether to compile.

    Parameters
    ----------
    task
        The task.
    steps
        Steps that are planned.

    Raises
    ------
    TrainingError
        It is asked for, and cannot be done.
    """
    settings = task.settings
    if not isinstance(settings, DenseSettings) or settings.compile is False:
        return False
    obstacle = _obstacle(task)
    if settings.compile is True:
        if obstacle:
            raise TrainingError(f"the training cannot be compiled: {obstacle}")
        return True
    return not obstacle and _saved_s(task, steps) > _PAYS * COMPILE_S


def _obstacle(task: Task) -> str:
    if len(task.species) > MOST_ATOMS:
        return f"the molecule has more than {MOST_ATOMS} atoms"
    if task.allocation.device == "cpu" and not has_compiler():
        return "the machine has no C++ compiler (g++)"
    return ""


def has_compiler() -> bool:
    """Tell whether torch will find a C++ compiler."""
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++"))


def _saved_s(task: Task, steps: int) -> float:
    size = Size(
        n_atoms=len(task.species),
        n_train=len(task.train.energies),
        n_validation=len(task.validation.energies),
    )
    return _SAVED * steps * step_s(task.settings, size)
