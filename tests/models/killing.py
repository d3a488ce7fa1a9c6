"""Trainings that are killed at any instant and started again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from store.faults.nursery import Nursery

from hpcmlff.testing.exchange import read, save
from hpcmlff.testing.runs import assert_same

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Arrays, Task, Trainer


def go_on(trainer: Trainer, task: Task, folder: Path) -> None:
    """Go on from the newest state to the end; keep it at every safe point."""
    state_file = folder / "state.h5"
    begun = state_file.exists()
    state = trainer.from_arrays(task, read(state_file)) if begun else trainer.start(task)
    while not trainer.progress(state).finished:
        state = trainer.advance(task, state, lambda: True)
        _keep(state_file, trainer.to_arrays(state))
    _keep(folder / "model.h5", trainer.model(task, state))


def _keep(path: Path, arrays: Arrays) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save(temporary, arrays)
    temporary.replace(path)


def assert_kills_change_no_bit(folder: Path, module: str, *arguments: str, kills: int = 30) -> None:
    """Run a module's ``train(folder, *arguments)`` unbroken, and killed at random instants."""
    seed = random.SystemRandom().randrange(2**32)
    draw = random.Random(seed)  # noqa: S311 - instants, no secrets
    sys.stdout.write(f"seed {seed}\n")
    unbroken, killed = folder / "unbroken", folder / "killed"
    unbroken.mkdir()
    killed.mkdir()
    with Nursery(module) as nursery:
        began = time.monotonic()
        assert nursery.run(f"{module}.train", str(unbroken), *arguments) == 0
        longest_s = (time.monotonic() - began) / 3
        done = 0
        while done < kills:
            if (killed / "model.h5").exists():
                # Nothing is left to kill.
                shutil.rmtree(killed)
                killed.mkdir()
            pid = nursery.start(f"{module}.train", str(killed), *arguments)
            time.sleep(draw.uniform(0, longest_s))
            os.kill(pid, signal.SIGKILL)
            # It may have been finished before.
            done += nursery.wait(pid) == -signal.SIGKILL
        while not (killed / "model.h5").exists():
            assert nursery.run(f"{module}.train", str(killed), *arguments) == 0
    assert_same(read(killed / "model.h5"), read(unbroken / "model.h5"))
