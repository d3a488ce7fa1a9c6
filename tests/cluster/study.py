"""A grid in a folder, submitted by the commands that users give, and what became of it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hpcmlff import cancel, resume, submit
from hpcmlff.executors.commands import run_command
from hpcmlff.files import read_json
from hpcmlff.reconcile import Standing, survey
from hpcmlff.spec.cells import Cell
from hpcmlff.store.layout import AttemptFolder
from hpcmlff.store.ledger import Record
from hpcmlff.store.store import Store, open_store
from hpcmlff.testing.molecules import SPECIES, samples

SIZE = 60
"""Training frames of a cell; with as many steps each adds one frame's energy."""

PROFILE: Mapping[str, Any] = {
    "name": "study",
    "scheduler": "slurm",
    "partitions": [{"name": "sabarmati", "cpus": 16, "mem_gb": 128, "walltime": "1h"}],
    "grace": "10s",
    "checkpoint_interval": "1s",
    "progress_interval": "1s",
    "poll_interval": "1s",
}
"""A profile of the private cluster."""

GRID: Mapping[str, Any] = {
    "name": "study",
    "store": "store",
    "molecules": {
        "springs": {"path": "springs.npz", "units": {"energy": "kcal/mol", "length": "angstrom"}}
    },
    "axes": {"model": ["mean"], "size": [SIZE], "seed": [0]},
    "split": {"validation": 10, "test": 20},
}
"""A grid of one cell."""

_PATIENCE_S, _POLL_S = 120.0, 0.2


@dataclass(frozen=True, slots=True)
class Study:
    """A grid, its data, its profile and its store, all in one folder."""

    folder: Path
    """The folder."""

    @property
    def grid(self) -> Path:
        """The grid's file."""
        return self.folder / "grid.yaml"

    @property
    def profile(self) -> Path:
        """The profile's file."""
        return self.folder / "profile.yaml"

    @property
    def store(self) -> Store:
        """The store, once there is one."""
        return open_store(self.folder / "store")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, in the grid's order."""
        return self.store.current_grid().cells

    @property
    def records(self) -> list[Record]:
        """All submissions, the oldest first."""
        return list(self.store.ledger.newest_first())[::-1]

    @property
    def jobs(self) -> list[str]:
        """Slurm's ids of all submissions that were taken, the oldest first."""
        return [str(record.job["job_id"]) for record in self.records if record.job is not None]

    def write_grid(self, **changes: Any) -> None:
        """Write the grid anew, with other values of some keys."""
        self.grid.write_text(yaml.safe_dump({**GRID, **changes}), encoding="utf-8")

    def write_profile(self, **changes: Any) -> None:
        """Write the profile anew, with other values of some keys."""
        self.profile.write_text(yaml.safe_dump({**PROFILE, **changes}), encoding="utf-8")

    def submit_words(self) -> list[str]:
        """Return the command that submits, for a process of its own."""
        words = [str(self.grid), "--profile", str(self.profile), "--yes"]
        return [sys.executable, "-m", "hpcmlff.submit", *words]

    def start_submit(self) -> subprocess.Popen[str]:
        """Start ``submit`` in a session of its own."""
        return subprocess.Popen(
            self.submit_words(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def submit(self, *options: str) -> int:
        """Give ``submit`` in this process; return its exit code."""
        return submit.main([*self.submit_words()[3:], *options])

    def resume(self, *options: str) -> int:
        """Give ``resume`` in this process; return its exit code."""
        words = [str(self.store.path), "--profile", str(self.profile), "--yes"]
        return resume.main([*words, *options])

    def cancel(self) -> int:
        """Give ``cancel`` in this process; return its exit code."""
        return cancel.main([str(self.store.path)])

    def standings(self) -> list[Standing]:
        """Return where each cell stands; asks Slurm."""
        return survey(self.store, self.cells, fresh=True)

    def states(self) -> list[str]:
        """Return the cells' states; asks Slurm."""
        return [standing.state.value for standing in self.standings()]

    def attempts(self) -> list[int]:
        """Return the number of each cell's attempts."""
        return [len(self.store.cell(cell).attempts()) for cell in self.cells]

    def attempt(self, number: int) -> AttemptFolder:
        """Return one attempt of the first cell."""
        return self.store.cell(self.cells[0]).attempt(number)

    def end(self, number: int) -> dict[str, Any]:
        """Return how one attempt of the first cell ended; nothing if it was killed."""
        return dict(read_json(self.attempt(number).end) or {})

    def output(self) -> str:
        """Return what all jobs have printed outside of their attempts."""
        logs = sorted(self.store.layout.private.glob("*/*_log.out"))
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)

    def await_that(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something is true; if it does not become so, show what the jobs printed.

        Raises
        ------
        TimeoutError
            It did not become so.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                shown = "\n".join(str(one) for one in self.standings())
                raise TimeoutError(f"waited for {what}\n{shown}\n{self.output()[-4000:]}")
            time.sleep(_POLL_S)

    def await_states(self, *states: str) -> None:
        """Wait until the cells are in these states, in the grid's order."""
        self.await_that(lambda: self.states() == list(states), f"the cells to be {states}")

    def await_end(self) -> None:
        """Wait until none of the user's jobs is in the queue; asks for nothing else."""
        command = ["squeue", "--me", "--noheader", "--format=%i"]
        self.await_that(lambda: not run_command(command), "the queue to be empty")

    def await_progress(self, attempt: int = 1, step: int = 1) -> None:
        """Wait until an attempt of every cell has reported so many steps."""
        folders = [self.store.cell(cell).attempt(attempt) for cell in self.cells]

        def reached() -> bool:
            reports = [read_json(folder.progress) or {} for folder in folders]
            return all(report.get("step", 0) >= step for report in reports)

        self.await_that(reached, f"step {step} of attempt {attempt}")

    def await_log(self, text: str, attempt: int = 1) -> None:
        """Wait until an attempt of the first cell has written something into its log."""
        log = self.attempt(attempt).log
        self.await_that(lambda: log.exists() and text in log.read_text("utf-8"), f"{text!r}")

    def await_checkpoint(self, attempt: int = 1) -> None:
        """Wait until an attempt of the first cell has left a checkpoint."""
        self.await_that(lambda: self.attempt(attempt).generations(), "a checkpoint")


def make_study(
    folder: Path,
    *,
    profile: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = (0,),
    steps: int = SIZE,
    step_s: float = 0.0,
    **grid: Any,
) -> Study:
    """Write a study.

    Parameters
    ----------
    folder
        Where; made if need be.
    profile
        Changes to `PROFILE`.
    seeds
        One cell for each.
    steps, step_s
        Steps of the model ``mean``, and the seconds each takes.
    grid
        Further changes to `GRID`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = samples(SIZE + 40, seed=0)
    facts = {"R": made.positions, "E": made.energies, "F": made.forces, "z": SPECIES}
    np.savez(folder / "springs.npz", **facts)
    study = Study(folder)
    axes = {"model": ["mean"], "size": [SIZE], "seed": list(seeds)}
    models = {"mean": {"steps": steps, "step_s": step_s}}
    study.write_grid(**{"axes": axes, "models": models, **grid})
    study.write_profile(**(profile or {}))
    return study
