"""A store with one cell whose jobs and attempts are written down as they would have been."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hpcmlff.diagnosis import diagnosed
from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.wasted import wasted_attempts
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.store.attempts import claim, record_end, record_start, report_progress
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.image import Content
from hpcmlff.store.layout import AttemptFolder
from hpcmlff.store.ledger import Ending, Intent
from hpcmlff.store.store import Store

PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(
        Partition(name="cpu", cpus=16, mem_gb=8.0, walltime="1h"),
        Partition(name="big", cpus=4, mem_gb=24.0, walltime="1h"),
    ),
    attempts_without_progress=3,
)


class Scene:
    """Writes down submissions and attempts."""

    def __init__(self, store: Store, cell: Cell) -> None:
        self.store, self.cell = store, cell

    def submitted(self, mem_gb: float = 4.0, cpus: int = 1, beside: int = 0, **given: Any) -> int:
        """Write down a job, with so many other cells; return its number."""
        placement = Placement(
            partition="cpu",
            cpus=cpus,
            gpus=0,
            mem_gb=mem_gb,
            walltime_s=3600,
            parallel=1,
            cells_per_element=1 + beside,
        )
        profile = PROFILE.model_dump(mode="json") | given.pop("profile", {})
        number = len(self.store.ledger.numbers()) + 1
        intent = Intent(
            profile=profile,
            cells=(self.cell.id, *(f"other {one}" for one in range(beside))),
            mark=f"mark{number}",
            revision=1,
            placement=asdict(placement),
            **given,
        )
        record = self.store.ledger.intend(intent)
        self.store.ledger.confirm(record, {"job_id": str(number), "elements": 1, "user": "me"})
        return number

    def over(self, number: int, words: str = "", *earlier: str, line: str = "") -> None:
        """Write down how a job ended."""
        ending = Ending(words=words, earlier=earlier, line=line)
        self.store.ledger.close(self.store.ledger.read(number), {0: ending})

    def began(self, record: int, **facts: Any) -> AttemptFolder:
        attempt = claim(self.store.cell(self.cell))
        record_start(attempt, {"record": record, "process": None, **facts})
        return attempt

    def reported(self, attempt: AttemptFolder, **facts: Any) -> None:
        report_progress(attempt, {"step": 3, "steps": 10, "phase": "training", **facts})

    def saved(self, attempt: AttemptFolder) -> None:
        commit(self.store.cell(self.cell), attempt, 1, Content(packed={}, notes={}), final=False)

    def ended(self, attempt: AttemptFolder, outcome: str, **facts: Any) -> AttemptFolder:
        record_end(attempt, {"outcome": outcome, **facts})
        return attempt

    def causes(self, *, running: bool | None = None) -> list[tuple[int, str]]:
        """Return number and cause of each attempt, the oldest first."""
        found = diagnosed(self.store, self.cell, running=running)
        return [(one.attempt, one.cause.value) for one in reversed(found)]

    def wasted(self, mem_gb: float = 4.0) -> int:
        attempts = self.store.cell(self.cell).attempts()
        return wasted_attempts(Casebook(store=self.store), self.cell, attempts, 0, mem_gb)
