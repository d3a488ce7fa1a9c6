"""A profile of the recorded cluster, and what `check` says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.profiles.__main__ import main

PROFILE = """\
name: mine
scheduler: slurm
recognise: {hosts: [login*]}
partitions:
  - {name: vega, cpus: 128, mem_gb: 500, gpus: 4, gpu_kind: a100, walltime: 48h}
  - {name: sabarmati, cpus: 36, mem_gb: 90, walltime: 30d}
array_cap: 1001
grace: 5s
poll_interval: 30s
accounting: true
"""
NO_JOB = (
    "no probe job: not tried whether a job is accepted, Python starts on the node, signals "
    "reach it, and it may requeue itself\n"
)


def write(place: Path, *changes: tuple[str, str], text: str = PROFILE) -> None:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (place / "mine.yaml").write_text(text)


def checked(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = main(["check", "mine.yaml", "--no-job"])
    told = capsys.readouterr()
    assert told.err == NO_JOB
    lines = told.out.splitlines()
    assert lines[0] == "profile 'mine' on the cluster 'vega', Slurm 22.05.8"
    return code, [line.replace("mine.yaml:", "") for line in lines[1:]]
