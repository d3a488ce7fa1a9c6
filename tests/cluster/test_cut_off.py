"""A submission that is cut off, or given twice at once, gives every cell exactly one job."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import Study, make_study
from cluster.unbroken import assert_unbroken

ROUNDS = 50
SEED = 1729
UNCLEAR = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"


@dataclass(frozen=True, kw_only=True)
class Course:
    """When things happen in a submission that nobody disturbs, seconds from its start."""

    intent: float
    """It is written down what is to be submitted."""
    confirmed: float
    """It is written down as which job."""
    end: float
    """The command has ended."""


def course(study: Study) -> Course:
    """Submit a study and note when things happen."""
    process = study.start_submit()
    began = time.monotonic()
    seen = [
        _when(study.folder / f"store/ledger/000001{kind}", began) for kind in (".json", ".job.json")
    ]
    process.communicate()
    assert process.returncode == 0
    return Course(intent=seen[0], confirmed=seen[1], end=time.monotonic() - began)


def _when(path: Path, began: float) -> float:
    while not path.exists():
        assert time.monotonic() - began < 60
        time.sleep(0.002)
    return time.monotonic() - began


def kill_submit(study: Study, usual: Course, chance: random.Random, number: int) -> None:
    """Start a submission and kill it at some moment, every third time without its sbatch."""
    process = study.start_submit()
    if number % 2:
        time.sleep(chance.uniform(0, usual.end))
    else:
        # Most can go wrong while it talks to Slurm.
        began, intent = time.monotonic(), study.folder / "store/ledger/000001.json"
        while not intent.exists() and process.poll() is None:
            assert time.monotonic() - began < 60
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 1.2 * (usual.confirmed - usual.intent)))
    if number % 3:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def jobs_of(slurm: SlurmCluster, study: Study) -> list[str]:
    """Return the ids of all jobs, over or not, that carry a mark of the study."""
    marks = [f"hpcmlff-study-{record.mark}" for record in study.records]
    rows = slurm.run("squeue", "-h", "--states=all", "-o", "%F|%j").splitlines()
    return sorted({row.partition("|")[0] for row in rows if row.partition("|")[2] in marks})


def test_a_submit_killed_at_any_moment_and_given_again_gives_every_cell_one_job(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311
    usual = course(make_study(tmp_path / "undisturbed", seeds=[0, 1]))
    studies, unconfirmed = [], 0
    for number in range(ROUNDS):
        study = make_study(tmp_path / str(number), seeds=[0, 1])
        kill_submit(study, usual, chance, number)
        ledger = study.folder / "store/ledger"
        unconfirmed += len(list(ledger.glob("??????.json"))) - len(list(ledger.glob("*.job.json")))
        assert study.submit() == 0
        studies.append(study)
    print(f"seed {SEED}: {unconfirmed} of {ROUNDS} were cut off in the middle")  # noqa: T201
    # Or the moments were not those that matter.
    assert unconfirmed >= ROUNDS // 10
    for study in studies:
        study.await_states("done", "done")
        assert study.attempts() == [1, 1]
        assert len(jobs_of(slurm, study)) == 1
        assert_unbroken(study)


def test_two_commands_that_submit_at_once_give_every_cell_one_job(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, seeds=range(3))
    both = [study.start_submit() for _ in range(2)]
    told = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted("nothing to train" in text for text in told) == [False, True]
    study.await_states("done", "done", "done")
    assert study.attempts() == [1, 1, 1]
    assert len(jobs_of(slurm, study)) == 1
    assert_unbroken(study)


@contextmanager
def instead_of_sbatch(folder: Path, script: str) -> Iterator[None]:
    """Put a script before sbatch, which it can call as ``$SBATCH``."""
    program = folder / "bin" / "sbatch"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nSBATCH={shutil.which('sbatch')}\n{script}\n")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.mark.parametrize("cells", [1, 3])
def test_a_submit_killed_when_slurm_had_the_job_but_not_yet_its_files_is_completed(
    slurm: SlurmCluster,
    tmp_path: Path,
    cells: int,
) -> None:
    study = make_study(tmp_path / "study", seeds=range(cells))
    with instead_of_sbatch(tmp_path, '"$SBATCH" "$@" >/dev/null; kill -KILL "$PPID"'):
        assert subprocess.run(study.submit_words(), check=False).returncode == -signal.SIGKILL
    assert not list(study.store.layout.private.glob("*/*_submitted.pkl"))
    assert study.submit("--wait") == 0
    assert study.attempts() == [1] * cells
    assert len(jobs_of(slurm, study)) == 1
    assert_unbroken(study)


@pytest.mark.parametrize("taken", [True, False])
def test_a_submit_whose_answer_was_lost_can_be_given_again(
    slurm: SlurmCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    taken: bool,
) -> None:
    study = make_study(tmp_path / "study", seeds=range(2))
    script = f"echo '{UNCLEAR}' >&2; exit 1"
    with instead_of_sbatch(tmp_path, f'"$SBATCH" "$@" >/dev/null; {script}' if taken else script):
        assert study.submit() == 5
    assert capsys.readouterr().err.endswith(
        f"error: it is not known whether Slurm took the job:\n{UNCLEAR}. "
        "Give the same command again: it finds the job or submits it\n"
    )
    assert study.submit("--wait") == 0
    assert ("nothing to train" in capsys.readouterr().err) == taken
    assert study.attempts() == [1, 1]
    assert len(jobs_of(slurm, study)) == 1
    assert_unbroken(study)
