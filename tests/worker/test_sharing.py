"""Cells that share a job: each has its own end, and none harms its neighbours."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from worker.sharing import Shared, finish, kill, scontrol, share

from hpcmlff.executors.processes import is_alive
from hpcmlff.files import read_json
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.headers import is_done
from hpcmlff.store.store import Store

Settled = Callable[..., tuple[Store, FrozenGrid]]

FOUR = "{model: [mean], size: [20], seed: [0, 1, 2, 3]}"
SLOW = "{mean: {steps: 20, step_s: 0.15}}"
ENDLESS = "{mean: {steps: 20, step_s: 60}}"


def four(settled: Settled, **given: object) -> Shared:
    store, frozen = settled(axes=FOUR, models=SLOW)
    return share(store, frozen.cells, **given)  # type: ignore[arg-type]


def test_four_cells_of_one_job_have_the_bits_of_four_jobs(settled: Settled) -> None:
    shared = four(settled)
    code, printed = shared.run()
    labels = sorted(f"{cell.label}: done" for cell in shared.cells)
    assert (code, printed) == (0, sorted([*labels, "done"]))
    assert shared.attempts() == [1, 1, 1, 1]
    started = [read_json(shared.newest(number).start) for number in range(4)]
    assert len({one["process"]["pid"] for one in started}) == 4
    assert {(one["threads"], one["record"]) for one in started} == {(1, 1)}
    shared.assert_unbroken(0, 1, 2, 3)


def test_a_cell_that_fails_leaves_the_others_alone(settled: Settled) -> None:
    axes = "{model: [mean, sgdml], size: [20], seed: [0, 1]}"
    store, frozen = settled(axes=axes, exclude="[{model: sgdml, seed: 1}]", models=SLOW)
    shared = share(store, frozen.cells, place={"mem_gb": 0.01})
    code, printed = shared.run()
    assert code == 6
    assert f"{shared.cells[2].label}: exit code 6" in printed
    assert (shared.end(2)["outcome"], shared.end(2)["kind"]) == ("failed", "TooLittleMemory")
    assert [is_done(store.cell(cell)) for cell in shared.cells] == [True, True, False]
    shared.assert_unbroken(0, 1)


def test_a_cell_whose_process_is_killed_leaves_the_others_alone(settled: Settled) -> None:
    shared = four(settled)
    job = shared.start()
    kill(shared.pid(1))
    code, printed = finish(job)
    assert code == 128 + signal.SIGKILL
    assert f"{shared.cells[1].label}: its process was killed (SIGKILL)" in printed
    killed = {"outcome": "killed", "reason": "its process was killed", "signal": "SIGKILL"}
    assert shared.end(1) == killed
    shared.assert_unbroken(0, 2, 3)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM])
def test_asked_to_stop_all_cells_commit_and_the_job_is_put_back_for_them(
    settled: Settled, tmp_path: Path, number: signal.Signals
) -> None:
    shared = four(settled)
    job = shared.start(**scontrol(tmp_path))
    for one in range(4):
        shared.pid(one)
    job.send_signal(number)
    code, printed = finish(job)
    assert (code, printed[-1]) == (0, "put back")
    assert [shared.end(one)["reason"] for one in range(4)] == [number.name] * 4
    assert all(shared.newest(one).generations() for one in range(4))
    calls = (tmp_path / "programs" / "calls").read_text()
    assert calls == "show job --oneliner 63_0\nrequeue 63_0\n"
    assert shared.run()[0] == 0
    assert shared.attempts() == [2, 2, 2, 2]
    shared.assert_unbroken(0, 1, 2, 3)


def test_at_the_end_of_its_time_a_job_stops_all_cells_by_their_own_clocks(
    settled: Settled, tmp_path: Path
) -> None:
    # Longer than the four seconds that are left to it, however soon it begins.
    store, frozen = settled(axes=FOUR, models="{mean: {steps: 80, step_s: 0.15}}")
    shared = share(store, frozen.cells, place={"walltime_s": 14})
    code, printed = finish(shared.start(**scontrol(tmp_path)))
    assert (code, printed[-1]) == (0, "put back")
    told = {shared.end(one)["reason"] for one in range(4)}
    assert told == {"the job's walltime is ending"}


def test_a_signal_to_all_processes_of_a_job_kills_none_that_is_just_beginning(
    settled: Settled, tmp_path: Path
) -> None:
    store, frozen = settled(axes=FOUR, models=ENDLESS.replace("60", "0.1"))
    shared = share(store, frozen.cells)
    job = shared.start(**scontrol(tmp_path))
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children")
    shared.until(lambda: len(children.read_text().split()) == 4)

    def all_have_begun() -> bool:
        os.killpg(job.pid, signal.SIGUSR2)
        return sum(shared.attempts()) == 4

    shared.until(all_have_begun, every_s=0.003)
    code, printed = finish(job)
    assert (code, printed[-1]) == (0, "put back")
    assert not [line for line in printed if "killed" in line]
    assert [shared.end(one)["outcome"] for one in range(4)] == ["stopped"] * 4


def test_a_job_that_comes_again_takes_the_unfinished_cells_only(
    settled: Settled, tmp_path: Path
) -> None:
    axes = "{model: [mean, sgdml], size: [20], seed: [0, 1, 2]}"
    without = "[{model: sgdml, seed: [1, 2]}]"
    store, frozen = settled(axes=axes, exclude=without, models=SLOW.replace("20", "60"))
    shared = share(store, frozen.cells, place={"mem_gb": 0.01})
    job = shared.start(**scontrol(tmp_path))
    kill(shared.pid(0))
    for one in (1, 2):
        shared.pid(one)
    shared.until(lambda: shared.newest_has_ended(0) and shared.newest_has_ended(3))
    job.send_signal(signal.SIGUSR2)
    assert "put back" in finish(job)[1]
    ends = [shared.end(one)["outcome"] for one in range(4)]
    assert ends == ["killed", "stopped", "stopped", "failed"]
    code, printed = shared.run()
    assert (code, len(printed)) == (0, 4)
    assert shared.attempts() == [2, 2, 2, 1]
    shared.assert_unbroken(0, 1, 2)
    assert shared.run() == (0, ["done"])
    assert shared.attempts() == [2, 2, 2, 1]


def test_a_cell_that_comes_to_no_safe_point_does_not_keep_the_others_from_going_on(
    settled: Settled, tmp_path: Path
) -> None:
    axes = "{model: [mean], size: [20], seed: [0], mean.step_s: [0.15, 60.0]}"
    store, frozen = settled(axes=axes, models="{mean: {steps: 20}}")
    shared = share(store, frozen.cells, profile={"grace": "3s"})
    job = shared.start(**scontrol(tmp_path))
    shared.pid(0)
    shared.until(shared.newest(1).start.exists)
    job.send_signal(signal.SIGUSR2)
    code, printed = finish(job)
    assert (code, printed[-1]) == (0, "put back")
    assert shared.end(0)["outcome"] == "stopped"
    assert shared.end(1)["reason"] == "it did not come to a safe point within 2 s"


def test_cells_whose_job_is_killed_stop_by_themselves(settled: Settled) -> None:
    shared = four(settled)
    job = shared.start()
    processes = [shared.pid(one) and read_json(shared.newest(one).start) for one in range(4)]
    kill(job.pid)
    assert finish(job)[0] == -signal.SIGKILL
    shared.until(lambda: not any(is_alive(one["process"]) for one in processes))
    told = {shared.end(one)["reason"] for one in range(4)}
    assert told == {"the job's main process is gone"}


def test_cells_see_the_gpus_of_the_job_and_threads_of_their_own(settled: Settled) -> None:
    shared = four(settled, place={"cpus": 3, "gpus": 1})
    job = shared.start(CUDA_VISIBLE_DEVICES="7")
    environments = [
        Path(f"/proc/{shared.pid(one)}/environ").read_bytes().split(b"\0") for one in range(4)
    ]
    assert finish(job)[0] == 0
    for one in environments:
        assert b"CUDA_VISIBLE_DEVICES=7" in one
        assert b"OMP_NUM_THREADS=3" in one
    assert {read_json(shared.newest(one).start)["threads"] for one in range(4)} == {3}


def test_a_cell_that_another_run_has_taken_over_does_not_bring_the_job_back(
    settled: Settled, tmp_path: Path
) -> None:
    store, frozen = settled(axes="{model: [mean], size: [20], seed: [0, 1]}", models=SLOW)
    shared = share(store, frozen.cells)
    job = shared.start(**scontrol(tmp_path))
    for one in (0, 1):
        shared.pid(one)
        record_start(claim(store.cell(shared.cells[one])), {"record": 1, "process": None})
    job.send_signal(signal.SIGUSR2)
    code, printed = finish(job)
    assert (code, printed[-1]) == (0, "stopped; no job goes on: a newer attempt has the cell")
    assert not (tmp_path / "programs" / "calls").exists()


def test_a_cell_that_another_job_has_taken_over_is_left_to_it(settled: Settled) -> None:
    shared = four(settled)
    store, cell = shared.store, shared.cells[2]
    attempt = claim(store.cell(cell))
    record_start(attempt, {"record": 1})
    record_end(attempt, {"outcome": "killed"})
    share(store, [cell])
    assert shared.run()[0] == 0
    assert shared.attempts() == [1, 1, 1, 1]
    assert shared.end(2)["outcome"] == "killed"
    shared.assert_unbroken(0, 1, 3)


def test_a_cell_that_is_cancelled_leaves_the_others_alone(settled: Settled) -> None:
    shared = four(settled)
    job = shared.start()
    shared.pid(1)
    shared.store.ledger.cancel(shared.record, [shared.cells[1].id])
    code, printed = finish(job)
    assert (code, f"{shared.cells[1].label}: stopped" in printed) == (0, True)
    assert "cancelled" in printed
    assert (shared.end(1)["outcome"], shared.end(1)["reason"]) == ("stopped", "SIGTERM")
    shared.assert_unbroken(0, 2, 3)
    # As after a lost node.
    assert shared.run() == (0, ["done"])
    assert shared.attempts() == [1, 1, 1, 1]


def test_a_cell_that_is_cancelled_before_its_job_begins_is_not_begun(settled: Settled) -> None:
    shared = four(settled)
    shared.store.ledger.cancel(shared.record, [cell.id for cell in shared.cells[:3]])
    assert shared.run()[0] == 0
    assert shared.attempts() == [0, 0, 0, 1]
