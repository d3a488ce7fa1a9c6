"""A study by the profile `sabarmati` on the fake, in an order of seconds."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from cluster.study import SIZE, Study, make_study
from cluster.unbroken import assert_unbroken, history

from hpcmlff.executors.lookup import find_profile
from hpcmlff.testing.fake_pbs import FakePbs

STEP_S = 0.05
_FAST = {
    "grace": "1s",
    "checkpoint_interval": "1s",
    "progress_interval": "1s",
    "poll_interval": "1s",
    "partitions": [
        {"name": "workq", "cpus": 4, "mem_gb": 24, "walltime": "72h"},
        {"name": "gpuq", "cpus": 4, "mem_gb": 24, "gpus": 1, "walltime": "48h"},
    ],
}
AGAIN = {"requeue": "scheduler", "submit_from_jobs": True}
"""What a profile says where jobs submit the next one."""


def sabarmati(**changes: Any) -> dict[str, Any]:
    """Return the profile that comes along, hurried, with some keys changed."""
    shipped = yaml.safe_load(find_profile("sabarmati").read_text(encoding="utf-8"))
    return {**shipped, **_FAST, **changes}


def queue(walltime: str) -> list[dict[str, Any]]:
    """Return the queues of a profile whose jobs are short."""
    return [{"name": "workq", "cpus": 4, "mem_gb": 24, "walltime": walltime}]


def pbs_study(folder: Path, *, step_s: float = STEP_S, **given: Any) -> Study:
    """Write a study; further keys as of `make_study`, and changes of the profile."""
    grid = {key: given.pop(key) for key in ("seeds", "steps") if key in given}
    return make_study(folder / "my study", profile=sabarmati(**given), step_s=step_s, **grid)


def started(folder: Path, **given: Any) -> Study:
    """Return a study whose first cell has left a checkpoint."""
    study = pbs_study(folder, **given)
    assert study.submit() == 0
    study.await_that(lambda: study.attempt(1).generations(), "a checkpoint")
    return study


def assert_resumed(study: Study, attempts: int = 2, steps: int = SIZE) -> None:
    """Assert that the one cell went on from where it stopped, to the bits of an unbroken run."""
    study.await_states("done")
    shares = history(study, study.cells[0])
    assert [before for before, _ in shares[1:]] == [after for _, after in shares[:-1]]
    assert (shares[0][0], shares[-1][1]) == (0, steps)
    assert len(shares) == attempts
    assert_unbroken(study)


def qsub_between(pbs: FakePbs, folder: Path, before: str, after: str) -> Path:
    """Put a qsub into a new folder that does more than PBS's own; return the folder."""
    own = shlex.quote(str(pbs.bin / "qsub"))
    return _program(folder, f'{before}\n{own} "$@"\n{after}\n')


def qsub_in_jobs(pbs: FakePbs, folder: Path, before: str, after: str) -> Path:
    """The same for those who call it in jobs; it outlives SIGTERM."""
    own = shlex.quote(str(pbs.bin / "qsub"))
    elsewhere = f'if [ -z "$PBS_JOBID" ]; then exec {own} "$@"; fi'
    return _program(folder, f'{elsewhere}\ntrap "" TERM\n{before}\n{own} "$@"\n{after}\n')


def _program(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "qsub").write_text(f"#!/bin/bash\n{text}", encoding="utf-8")
    (folder / "qsub").chmod(0o755)
    return folder
