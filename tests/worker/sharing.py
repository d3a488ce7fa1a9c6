"""Elements of several cells, in processes of their own as Slurm starts them, without a Slurm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cluster.unbroken import result, unbroken

from hpcmlff.files import read_json
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.store.layout import AttemptFolder
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store

CODE = "import sys; from hpcmlff.worker.element import run_element; run_element(sys.argv[1], 1)"
BOOT = [sys.executable, "-u", "-m", "hpcmlff.worker.boot", "-u", "-m", "job"]
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
    grace="10s",
    progress_interval="1s",
    checkpoint_interval="1s",
)
ALONE = Placement(partition="cpu", cpus=1, gpus=0, mem_gb=4.0, walltime_s=3600, parallel=9)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A submission whose jobs several cells share."""

    store: Store
    cells: tuple[Cell, ...]
    record: Record
    folder: Path

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Start the first element."""
        (self.folder / "job.py").write_text(
            f"import sys\nsys.argv[1:] = {[str(self.store.path)]}\n{CODE}\n"
        )
        slurm = {"SLURM_JOB_ID": "64", "SLURM_ARRAY_JOB_ID": "63", "SLURM_ARRAY_TASK_ID": "0"}
        there = {"PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "16"}
        return subprocess.Popen(
            BOOT,
            env=os.environ | slurm | there | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self) -> tuple[int, list[str]]:
        """Run the first element; return its exit code and what it printed."""
        return finish(self.start())

    def newest(self, number: int) -> AttemptFolder:
        """Return the newest attempt of a cell."""
        return self.store.cell(self.cells[number]).attempts()[0]

    def end(self, number: int) -> Mapping[str, Any]:
        """Return how the newest attempt of a cell ended."""
        found = read_json(self.newest(number).end)
        assert isinstance(found, dict)
        return found

    def attempts(self) -> list[int]:
        """Return the number of each cell's attempts."""
        return [len(self.store.cell(cell).attempts()) for cell in self.cells]

    def pid(self, number: int) -> int:
        """Return the process of a cell's newest attempt, once it trains."""
        self.until(lambda: self.is_training(number))
        return int(read_json(self.newest(number).start)["process"]["pid"])

    def is_training(self, number: int) -> bool:
        """Tell whether a cell has taken a step."""
        attempts = self.store.cell(self.cells[number]).attempts()
        return bool(attempts) and (read_json(attempts[0].progress) or {}).get("step", 0) > 0

    def newest_has_ended(self, number: int) -> bool:
        """Tell whether a cell's newest attempt is over."""
        attempts = self.store.cell(self.cells[number]).attempts()
        return bool(attempts) and attempts[0].end.exists()

    def until(self, holds: Callable[[], object], every_s: float = 0.05) -> None:
        """Wait for something."""
        deadline = time.monotonic() + 120
        while not holds():
            assert time.monotonic() < deadline, "waited for two minutes"
            time.sleep(every_s)

    def assert_unbroken(self, *numbers: int) -> None:
        """Assert that cells have the bits that they get alone, in one piece."""
        for cell in (self.cells[number] for number in numbers):
            arrays, metrics = unbroken(self.store, cell)
            content = result(self.store, cell).content
            found = {**content.packed, **content.plain}
            assert found.keys() == arrays.keys()
            assert all(found[name].tobytes() == array.tobytes() for name, array in arrays.items())
            assert content.notes["metrics"] == metrics


def finish(job: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Wait for a job; return its exit code and what it printed, in an order of its own."""
    printed = job.communicate(timeout=180)[0]
    return job.returncode, sorted(printed.splitlines())


def share(
    store: Store,
    cells: Sequence[Cell],
    *,
    place: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None,
    **given: Any,
) -> Shared:
    """Write down a submission whose one job all cells share."""
    placement = Placement(**asdict(ALONE) | dict(place or {})).for_cells(len(cells))
    intent = Intent(
        profile=PROFILE.model_dump(mode="json") | dict(profile or {}),
        cells=tuple(cell.id for cell in cells),
        mark="mark",
        revision=1,
        placement=asdict(placement),
        **given,
    )
    record = store.ledger.adopt(intent, {"job_id": "63", "elements": 1, "user": "me"})
    return Shared(store=store, cells=tuple(cells), record=record, folder=store.path.parent)


def scontrol(folder: Path, state: str = "RUNNING") -> dict[str, str]:
    """Put an scontrol into a folder that shows the job in a state; return what makes it found."""
    programs = folder / "programs"
    programs.mkdir()
    text = (
        f'#!/bin/sh\necho "$*" >>{programs}/calls\n[ $1 = show ] && echo "JobState={state}"\ntrue\n'
    )
    (programs / "scontrol").write_text(text)
    (programs / "scontrol").chmod(0o755)
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to one process."""
    os.kill(pid, number)
