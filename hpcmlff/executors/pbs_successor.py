"""Who goes on for a job: PBS lets nobody requeue a job of his own, so another one is submitted.

``12_3_successor.json`` in a job's submitit folder names the job that goes on for job
``12[3]``, and its folder.
"""

from __future__ import annotations

from pathlib import Path

from hpcmlff.files import json_bytes, read_json, write_durably

_MOST = 10_000
"""Successors of successors that are followed."""


def name_successor(folder: Path, job: str, by: Path, successor: str) -> None:
    """Write down who goes on for a job.

    Parameters
    ----------
    folder, job
        The job's submitit folder and its id as in file names.
    by, successor
        Those of the job that goes on.
    """
    facts = {"folder": str(by), "job_id": successor}
    write_durably(_path(folder, job), [json_bytes(facts)])


def newest(folder: Path, job: str) -> tuple[Path, str]:
    """Return folder and id of the last job that goes on for one; itself if none does."""
    for _ in range(_MOST):
        facts = read_json(_path(folder, job))
        if facts is None:
            break
        folder, job = Path(facts["folder"]), str(facts["job_id"])
    return folder, job


def _path(folder: Path, job: str) -> Path:
    return folder / f"{job}_successor.json"
