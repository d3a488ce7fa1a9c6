"""Trainers that come to grief, installed as a plug-in is: a distribution with entry points."""

from __future__ import annotations

from pathlib import Path

NAMES = ("glutton", "crasher", "unimportable")
"""Models: eats memory, dies of a signal, cannot be imported."""

_MODULE = '''
import os
from dataclasses import replace

import numpy as np

from hpcmlff.models.mean import MEAN, MeanSettings, MeanTrainer


class GluttonSettings(MeanSettings):
    eaten_gb: float = 0.0
    from_step: int = 0


class Glutton(MeanTrainer):
    """Keeps some memory in use from a step on; what it has asked for is really written to."""

    def advance(self, task, state, should_stop):
        if state.step >= task.settings.from_step:
            self.eaten = np.empty(int(task.settings.eaten_gb * 2**27))
            self.eaten[::512] = 1.0
        return super().advance(task, state, should_stop)


class CrasherSettings(MeanSettings):
    signal: int = 9


class Crasher(MeanTrainer):
    """Sends itself a signal instead of its second step."""

    def advance(self, task, state, should_stop):
        if state.step:
            os.kill(os.getpid(), task.settings.signal)
        return super().advance(task, state, lambda: True)


GLUTTON = replace(MEAN, name="glutton", settings=GluttonSettings, engine="mischief_:Glutton")
CRASHER = replace(MEAN, name="crasher", settings=CrasherSettings, engine="mischief_:Crasher")
UNIMPORTABLE = replace(MEAN, name="unimportable", engine="mischief_engine:Trainer")
'''


def write_plug_in(folder: Path) -> Path:
    """Write the distribution into a folder, which belongs on PYTHONPATH; return the folder."""
    about = folder / "mischief-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "mischief_.py").write_text(_MODULE)
    (folder / "mischief_engine.py").write_text("import no_such_library\n")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mischief\nVersion: 1.0\n")
    points = "\n".join(f"{name} = mischief_:{name.upper()}" for name in NAMES)
    (about / "entry_points.txt").write_text(f"[hpcmlff.trainers]\n{points}\n")
    return folder
