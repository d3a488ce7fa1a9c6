"""A job that submits the next one for its cell, with PBS's commands as small programs."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from hpcmlff.errors import EXIT_STOPPED_EARLY, StoreError
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.pbs_job import PbsJob
from hpcmlff.executors.processes import identify
from hpcmlff.jobs import job_states, settle_intents
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import Partition, PbsProfile
from hpcmlff.spec.states import JobState
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store
from hpcmlff.worker import successor
from hpcmlff.worker.ending import Ran, end
from hpcmlff.worker.record import reason_to_leave
from hpcmlff.worker.successor import run_successor

ENDING = "the job's walltime is ending"
PROFILE = PbsProfile(
    name="test",
    scheduler="pbs",
    partitions=(Partition(name="workq", cpus=4, mem_gb=8.0, walltime="1h"),),
    requeue="scheduler",
    submit_from_jobs=True,
)
PLACE = Placement(
    partition="workq",
    cpus=1,
    gpus=0,
    mem_gb=1.0,
    walltime_s=3600,
    parallel=2,
    cells_per_element=1,
)


class Handover:
    """A job whose time is ending, and PBS's commands around it."""

    def __init__(self, store: Store, cells: tuple[Cell, ...], folder: Path) -> None:
        self.store = store
        self.cell = cells[1]
        self.folder = folder
        intent = Intent(
            profile=PROFILE.model_dump(mode="json"),
            cells=tuple(cell.id for cell in cells),
            mark="first",
            revision=1,
            placement=asdict(PLACE),
            retry=True,
        )
        home = store.layout.private / "first"
        home.mkdir(parents=True)
        job = {"job_id": "12[]", "elements": len(cells), "folder": str(home)}
        self.record = store.ledger.adopt(intent, job)
        start = {"record": 1, "process": identify(os.getpid())}
        record_start(claim(store.cell(self.cell)), start)
        self.show(job_state="R", substate=42, session_id=os.getsid(0))
        self.put("qsub", "echo 13.pbslab")
        self.put("qdel", "")

    def put(self, name: str, script: str) -> None:
        """Put a program on PATH that notes its calls."""
        log = shlex.quote(str(self.folder / f"{name}.log"))
        (self.folder / name).write_text(f'#!/bin/bash\necho "$*" >>{log}\n{script}\n')
        (self.folder / name).chmod(0o755)

    def show(self, **attributes: str | int) -> None:
        """Let qstat show the job."""
        facts = json.dumps({"Jobs": {"12[1].pbslab": attributes}})
        self.put("qstat", f"echo {shlex.quote(facts)}")

    def calls(self, name: str) -> list[str]:
        log = self.folder / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []

    def stop(self, reason: str = ENDING) -> str:
        own = (identify(os.getpid()),)
        ran = Ran(cells=(self.cell,), exits={self.cell.id: EXIT_STOPPED_EARLY}, processes=own)
        return end(self.store, self.record, ran, reason)[0]

    def fail(self) -> tuple[str, int]:
        """Let the cell run out of memory."""
        attempt = self.store.cell(self.cell).attempts()[0]
        record_end(attempt, {"outcome": "failed", "cause": "out of memory"})
        own = (identify(os.getpid()),)
        ran = Ran(cells=(self.cell,), exits={self.cell.id: 6}, processes=own)
        return end(self.store, self.record, ran, "")

    def records(self) -> list[Record]:
        return list(self.store.ledger.newest_first())[::-1]


@pytest.fixture
def handover(
    settled: Callable[..., tuple[Store, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Handover:
    store, _ = settled(axes="{model: [mean], size: [10, 20]}")
    folder = tmp_path / "pbs bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PBS_JOBID", "12[1].pbslab")
    monkeypatch.setattr(pbs_asking, "BACK_OFF_S", ())
    return Handover(store, store.current_grid().cells, folder)


def test_a_job_whose_time_ends_submits_the_next_one_and_writes_it_down(handover: Handover) -> None:
    assert handover.stop() == "stopped; job 13 goes on"
    first, second = handover.records()
    assert second.cells == (handover.cell.id,)
    assert (second.successor_of, second.after, second.retry) == (1, None, False)
    assert second.placement == {**first.placement, "parallel": 1}
    assert second.profile == first.profile
    home = handover.store.layout.private / second.mark
    own = {"job_id": "13", "elements": 1, "user": getpass.getuser(), "folder": str(home)}
    assert second.job == own
    assert (home / "13_submitted.pkl").exists()
    [call] = handover.calls("qsub")
    assert "-J" not in call.split()
    assert f"-N hpcmlff-springs-{second.mark} " in call


def test_the_next_job_may_get_more_memory_and_the_ledger_remembers(handover: Handover) -> None:
    assert handover.fail() == ("failed: out of memory; stopped; job 13 goes on", 6)
    _, second = handover.records()
    assert (second.placement["mem_gb"], second.raised) == (1.5, (handover.cell.id,))
    assert "mem=1536mb" in handover.calls("qsub")[0]


def test_a_job_object_of_submitit_follows_the_successor(handover: Handover) -> None:
    handover.stop()
    home = handover.store.layout.private
    job = PbsJob(home / "first", "12_1")
    assert job.job_id == "13"
    assert job.paths.folder == home / handover.records()[1].mark
    assert PbsJob(home / "first", "12_0").job_id == "12_0"


def test_what_was_submitted_is_never_taken_for_cut_off(handover: Handover) -> None:
    handover.stop()
    before = len(handover.calls("qstat"))
    settle_intents(handover.store)
    assert len(handover.calls("qstat")) == before
    assert not any(record.ended for record in handover.records())


@pytest.mark.parametrize("reason", ["SIGTERM", "SIGINT"])
def test_a_job_that_is_told_to_stop_submits_nothing(handover: Handover, reason: str) -> None:
    told = f"stopped by {reason}; PBS runs preempted jobs again by itself"
    assert handover.stop(reason) == told
    assert handover.calls("qsub") == []


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"job_state": "E", "substate": 50}, "PBS has it in state E, substate 50"),
        ({"job_state": "R", "substate": 60}, "PBS has it in state R, substate 60"),
        ({"job_state": "Q", "substate": 10}, "PBS has it in state Q, substate 10"),
        ({"job_state": "R", "substate": 42, "session_id": 1}, "PBS runs it elsewhere by now"),
    ],
)
def test_a_job_that_pbs_stops_or_runs_again_submits_nothing(
    handover: Handover, shown: dict[str, str | int], told: str
) -> None:
    handover.show(**shown)
    assert handover.stop() == f"stopped; no job goes on: {told}"
    assert handover.calls("qsub") == []
    assert len(handover.records()) == 1


def test_a_job_that_pbs_has_forgotten_submits_nothing(handover: Handover) -> None:
    handover.put("qstat", "echo 'qstat: Unknown Job Id 12[1].pbslab' >&2; exit 153")
    told = "stopped; no job goes on: PBS does not know this job any more"
    assert handover.stop() == told
    assert handover.calls("qsub") == []


def test_a_job_that_a_newer_attempt_has_overtaken_submits_nothing(handover: Handover) -> None:
    claim(handover.store.cell(handover.cell))
    assert handover.stop() == "stopped; no job goes on: a newer attempt has the cell"
    assert handover.calls("qsub") == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'qsub: Bad UID for job execution' >&2; exit 175", "qsub: Bad UID for job execution"),
        (
            "echo 'qsub: cannot connect to server pbslab (errno=15010)' >&2; exit 162",
            (
                "qsub: cannot connect to server pbslab (errno=15010). Nothing was submitted; give "
                "the same command again later"
            ),
        ),
        (
            "kill -KILL $$",
            (
                "it is not known whether PBS took the job:\nexit code -9. Give the same command "
                "again: it finds the job or submits it"
            ),
        ),
    ],
)
def test_what_qsub_does_not_take_leaves_no_record(
    handover: Handover, script: str, told: str
) -> None:
    handover.put("qsub", script)
    assert handover.stop() == f"stopped; no job goes on: {told}"
    assert len(handover.records()) == 1


def cancelling(handover: Handover) -> None:
    """Let somebody cancel the job while its successor is submitted."""
    mark = handover.store.layout.ledger / "000001.cancelled.json"
    handover.put("qsub", f"echo '{{}}' >{shlex.quote(str(mark))}; echo 13.pbslab")


def test_a_successor_of_a_job_cancelled_meanwhile_is_taken_back(handover: Handover) -> None:
    cancelling(handover)
    assert handover.stop() == "cancelled"
    assert handover.calls("qdel") == ["13"]
    assert handover.store.ledger.is_cancelled(2)


def test_a_successor_that_cannot_be_taken_back_leaves_by_itself(handover: Handover) -> None:
    cancelling(handover)
    handover.put("qdel", "echo 'qdel: Unauthorized Request  13.pbslab' >&2; exit 159")
    told = "cancelled; job 13 leaves by itself: qdel: Unauthorized Request  13.pbslab"
    assert handover.stop() == told
    second = handover.records()[1]
    assert reason_to_leave(handover.store, second, handover.cell) == "it was cancelled"


def test_a_cancel_that_saw_the_old_job_only_stops_the_successor_as_well(
    handover: Handover,
) -> None:
    handover.stop()
    handover.store.ledger.cancel(handover.record)
    second = handover.records()[1]
    assert not handover.store.ledger.is_cancelled(2)
    assert reason_to_leave(handover.store, second, handover.cell) == "it was cancelled"


def test_a_successor_is_taken_back_if_pbs_has_run_the_job_again_meanwhile(
    handover: Handover,
) -> None:
    newer = handover.store.cell(handover.cell).path / "a000002"
    handover.put("qsub", f"mkdir {shlex.quote(str(newer))}; echo 13.pbslab")
    assert handover.stop() == "stopped; a newer attempt has the cell"
    assert handover.calls("qdel") == ["13"]
    assert handover.store.ledger.is_cancelled(2)


def test_a_job_that_is_run_again_leaves_to_its_successor_until_that_is_over(
    handover: Handover,
) -> None:
    handover.stop()
    store, first = handover.store, handover.record
    other = next(cell for cell in store.current_grid().cells if cell != handover.cell)
    assert reason_to_leave(store, first, handover.cell) == "job 13 goes on"
    assert reason_to_leave(store, first, other) == ""
    store.ledger.close(handover.records()[1])
    assert reason_to_leave(store, first, handover.cell) == ""


def test_who_submits_while_a_job_is_handed_on_sees_the_successor(handover: Handover) -> None:
    """The old job has left the queue by the time it is asked about."""
    code = (
        "import sys; from pathlib import Path; from hpcmlff.store.store import open_store; "
        "from hpcmlff.store.ledger import Intent; from dataclasses import fields; "
        "ledger = open_store(Path(sys.argv[1])).ledger; old = ledger.read(1); "
        "known = {one.name: getattr(old, one.name) for one in fields(Intent)}; "
        "known |= {'mark': 'next', 'successor_of': 1, 'cells': old.cells[1:]}; "
        "len(list(ledger.newest_first())) == 1 and ledger.adopt(Intent(**known), "
        "{'job_id': '13', 'elements': 1, 'folder': '/'})"
    )
    words = shlex.join([sys.executable, "-c", code, str(handover.store.path)])
    row = "13.pbslab         a                me                0 Q workq"
    gone = "qstat: Unknown Job Id 12[].pbslab"
    handover.put("qstat", f"{words}; echo '{row}'; echo '{gone}' >&2; exit 153")
    assert job_states(handover.store, fresh=True) == {2: (JobState.QUEUED,)}
    assert [record.ended for record in handover.records()] == [True, False]


def test_a_successor_waits_for_its_record(
    handover: Handover, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handover.stop()
    monkeypatch.setenv("PBS_JOBID", "13.pbslab")
    mark = handover.records()[1].mark
    handover.store.ledger.cancel(handover.record)
    assert run_successor(str(handover.store.path), mark) == "nothing to do: it was cancelled"
    assert capsys.readouterr().out == "nothing to do: it was cancelled\n"


def test_a_successor_without_a_record_leaves(
    handover: Handover, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(successor, "RECORD_S", 0.3)
    told = "nothing to do: the submission was not written down"
    assert run_successor(str(handover.store.path), "lost") == told
    assert capsys.readouterr().out == f"{told}\n"


def test_a_store_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        run_successor(str(tmp_path / "nowhere"), "mark")
