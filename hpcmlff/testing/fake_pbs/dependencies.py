"""``-W depend``: jobs that wait for the end of others."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.request import Dependency

if TYPE_CHECKING:
    from hpcmlff.testing.fake_pbs.server import Server


def hold(server: Server, job: Job) -> None:
    """Hold a new job until its conditions are met; it vanishes if one never can be."""
    job.depend = job.request.depend
    job.state, job.substate, job.hold = "H", 22, "us" if job.request.held else "s"
    for target in {name for one in job.depend for name in one.job_ids}:
        known = server.state.jobs.get(target)
        if known is None:
            server.log(job, f"Dependency request for job rejected by {target}")
            server.state.jobs.pop(job.id, None)
            return
        if known.state == "F":
            _settle(server, job, known, known.exit_status)


def release(server: Server, ended: Job, exit_status: int | None) -> None:
    """Let go, or delete, the jobs that waited for one that has ended."""
    for job in list(server.state.jobs.values()):
        if any(ended.id in one.job_ids for one in job.depend):
            _settle(server, job, ended, exit_status)


def _settle(server: Server, job: Job, ended: Job, exit_status: int | None) -> None:
    mine = [one for one in job.depend if ended.id in one.job_ids]
    if all(_met(one, exit_status) for one in mine):
        job.depend = tuple(filter(None, (_without(one, ended.id) for one in job.depend)))
        if not job.depend:
            _free(server, job)
        return
    job.state, job.substate, job.ended = "F", 92, time.time()
    server.touch(job)
    if not server.options.history:
        server.state.jobs.pop(job.id, None)
    release(server, job, None)


def _met(condition: Dependency, exit_status: int | None) -> bool:
    return {"afterok": exit_status == 0, "afternotok": exit_status != 0}.get(condition.kind, True)


def _without(condition: Dependency, job_id: str) -> Dependency | None:
    rest = tuple(name for name in condition.job_ids if name != job_id)
    return replace(condition, job_ids=rest) if rest else None


def _free(server: Server, job: Job) -> None:
    job.hold = job.hold.replace("s", "") or "n"
    if job.hold == "n":
        job.state, job.substate, job.etime = "Q", 10, time.time()
    else:
        job.substate = 20
    server.touch(job)


def attribute(job: Job, server: str) -> str:
    """Return the attribute ``depend``; empty if there is none."""
    return ",".join(
        ":".join([one.kind, *(f"{name}@{server}" for name in one.job_ids)]) for one in job.depend
    )
