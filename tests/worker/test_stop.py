from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hpcmlff.models.mean import MeanSettings, MeanTrainer
from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.worker.pace import Pace
from hpcmlff.worker.stop import SIGNALS, StopRequest


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put back the handlers of this process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def armed() -> StopRequest:
    stop = StopRequest()
    stop.arm()
    return stop


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_asks_for_a_stop_and_the_first_one_is_the_reason(number: signal.Signals) -> None:
    stop = armed()
    assert stop.reason == ""
    os.kill(os.getpid(), number)
    assert stop.reason == number.name
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.reason == number.name


def test_a_signal_is_noted_in_the_log_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    armed()
    os.kill(os.getpid(), signal.SIGUSR2)
    assert capfd.readouterr().err == "asked to stop by SIGUSR2\n"


def test_a_deadline_asks_for_a_stop() -> None:
    stop = armed()
    stop.end_in(3600)
    assert stop.reason == ""
    stop.end_in(0)
    assert stop.reason == "the job's walltime is ending"


def test_a_dead_parent_asks_for_a_stop() -> None:
    assert StopRequest(parent=os.getppid()).reason == ""
    assert StopRequest(parent=os.getppid() + 1).reason == "the job's main process is gone"


class TakesOver(MeanTrainer):
    """Takes the signals for itself at its start, as Lightning does where it sees Slurm."""

    def start(self, task: Task):  # type: ignore[no-untyped-def]
        for number in (signal.SIGTERM, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        return super().start(task)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_trainer_that_takes_over_the_signals_still_stops_at_a_safe_point(
    number: signal.Signals, tmp_path: Path
) -> None:
    pace = Pace(stop=armed(), report_s=3600, commit_s=3600)
    task = Task(
        species=SPECIES,
        train=samples(10, seed=0),
        validation=samples(5, seed=1),
        settings=MeanSettings(steps=10),
        seed=0,
        allocation=Allocation(threads=1, mem_gb=1.0, device="cpu"),
        blocks=FolderBlocks(tmp_path),
    )
    trainer = TakesOver()
    state = trainer.start(task)
    steps = []

    def due() -> bool:
        # The first look takes the signals back.
        asked = pace.due()
        if not steps:
            os.kill(os.getpid(), number)
        steps.append(asked)
        return asked

    state = trainer.advance(task, state, due)
    assert steps == [False, True]
    assert trainer.progress(state).step == 2
    assert pace.stop.reason == number.name
    assert np.isfinite(state.total)


def test_a_process_is_armed_before_anything_else_and_keeps_what_it_was_asked(
    tmp_path: Path,
) -> None:
    module = tmp_path / "job.py"
    module.write_text(
        "import os, signal, sys\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\n"
        "signal.signal(signal.SIGUSR2, signal.SIG_DFL)\n"
        "from hpcmlff.worker.stop import armed\n"
        "print(armed().reason, sys.argv[1:], __name__)\n"
    )
    words = ["-m", "hpcmlff.worker.boot", "-u", "-m", "job", "two words"]
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "SIGUSR2 ['two words'] __main__\n"
