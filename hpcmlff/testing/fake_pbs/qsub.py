"""``qsub``: takes a job, or says why not."""

from __future__ import annotations

import time
from functools import partial

from hpcmlff.testing.fake_pbs import dependencies
from hpcmlff.testing.fake_pbs.call import Answer, Call
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.options import FakeQueue, kilobytes
from hpcmlff.testing.fake_pbs.refusal import (
    ARRAY_TOO_LARGE,
    BAD_USER,
    DISABLED,
    OVER_LIMITS,
    QUEUE_FULL,
    RefusalError,
)
from hpcmlff.testing.fake_pbs.request import Request
from hpcmlff.testing.fake_pbs.server import Server
from hpcmlff.testing.fake_pbs.submission import read_request


def answer(server: Server, call: Call) -> Answer:
    """Submit a job."""
    if call.arguments == ["--version"]:
        return Answer(printed="pbs_version = 23.06.06\n")
    if not server.options.submit_from_jobs and "PBS_JOBID" in call.environment:
        raise RefusalError(BAD_USER, "Bad UID for job execution")
    request = read_request(call, server.options, server.user)
    _check(server, request)
    job = _enqueue(server, request)
    printed = "" if "-z" in call.arguments else f"{job.id}\n"
    return Answer(printed=printed, ready=partial(_outcome, job) if request.block else None)


def _outcome(job: Job) -> int | None:
    return (job.exit_status or 0) if job.over else None


def _check(server: Server, request: Request) -> None:
    queue = next(one for one in server.options.queues if one.name == request.queue)
    if not queue.enabled:
        raise RefusalError(DISABLED, "Queue is not enabled")
    if _over_limits(queue, request):
        raise RefusalError(OVER_LIMITS, "Job violates queue and/or server resource limits")
    cap = min(server.options.array_cap, queue.array_cap or server.options.array_cap)
    if len(request.indices) > cap:
        raise RefusalError(ARRAY_TOO_LARGE, "Array job exceeds server or queue size limit")
    if queue.max_queued is not None:
        count = sum(not job.over for job in server.everything() if job.request.queue == queue.name)
        if count + max(1, len(request.indices)) > queue.max_queued:
            raise RefusalError(QUEUE_FULL, f"Maximum number of jobs already in queue {queue.name}")


def _over_limits(queue: FakeQueue, request: Request) -> bool:
    asked = request.resources
    limits = (
        (asked.total("ncpus"), queue.max_ncpus),
        (asked.total("ngpus"), queue.max_ngpus),
        (asked.walltime_s or 0, queue.max_walltime_s),
        (asked.total("mem_kb"), queue.max_mem_gb and kilobytes(queue.max_mem_gb)),
    )
    return any(limit is not None and value > limit for value, limit in limits)


def _enqueue(server: Server, request: Request) -> Job:
    number, name = server.state.sequence, server.options.server
    server.state.sequence += 1
    job = _job(server, request, (f"{number}[].{name}" if request.indices else f"{number}.{name}"))
    server.state.jobs[job.id] = job
    server.log(job, f"enqueuing into {request.queue}, state Q hop 1")
    for index in request.indices:
        element = _job(server, request, f"{number}[{index}].{name}")
        element.parent, element.index = job, index
        job.elements[index] = element
    job.waiting = list(reversed(request.indices))
    _first_state(server, job)
    return job


def _job(server: Server, request: Request, job_id: str) -> Job:
    now = time.time()
    return Job(
        id=job_id,
        sequence=server.state.sequence - 1,
        request=request,
        owner=f"{server.user}@{server.options.server}",
        rank=int(now * 1e6),
        ctime=now,
        mtime=now,
    )


def _first_state(server: Server, job: Job) -> None:
    request, now = job.request, time.time()
    if request.depend:
        dependencies.hold(server, job)
    elif request.held:
        job.state, job.substate, job.hold = "H", 20, "u"
    elif request.not_before is not None and request.not_before > now:
        job.state, job.substate = "W", 30
        server.later(request.not_before - now, partial(_wake, server, job))
    else:
        job.etime = now
    server.touch(job)


def _wake(server: Server, job: Job) -> None:
    if job.state == "W":
        job.state, job.substate, job.etime = "Q", 10, time.time()
        server.touch(job)
