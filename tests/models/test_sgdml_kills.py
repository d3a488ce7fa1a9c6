from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from store.faults.nursery import Nursery

from hpcmlff.testing.exchange import read
from hpcmlff.testing.runs import assert_same

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 30

_TRAIN = "models.sgdml_killed.train"


@pytest.mark.slow
def test_killed_at_any_instant_it_ends_with_the_bits_of_an_unbroken_run(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    draw = random.Random(seed)  # noqa: S311 - instants, no secrets
    sys.stdout.write(f"seed {seed}\n")
    for name in ("unbroken", "killed"):
        (tmp_path / name).mkdir()
    kills = 0
    with Nursery("models.sgdml_killed") as nursery:
        began = time.monotonic()
        assert nursery.run(_TRAIN, str(tmp_path / "unbroken")) == 0
        longest_s = (time.monotonic() - began) / 3
        while kills < KILLS:
            if (tmp_path / "killed/model.h5").exists():
                # Nothing is left to kill.
                shutil.rmtree(tmp_path / "killed")
                (tmp_path / "killed").mkdir()
            kills += killed(nursery, tmp_path / "killed", draw.uniform(0, longest_s))
        while not (tmp_path / "killed/model.h5").exists():
            assert nursery.run(_TRAIN, str(tmp_path / "killed")) == 0
    assert_same(read(tmp_path / "killed/model.h5"), read(tmp_path / "unbroken/model.h5"))


def killed(nursery: Nursery, folder: Path, after_s: float) -> bool:
    """Start it and kill it; tell whether it was not finished before."""
    pid = nursery.start(_TRAIN, str(folder))
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    return nursery.wait(pid) == -signal.SIGKILL
