"""``qdel``, ``qsig``, ``qrerun``, ``qhold`` and ``qrls``: what is done to jobs one by one."""

from __future__ import annotations

import getopt
import signal
from collections.abc import Callable
from functools import partial

from hpcmlff.testing.fake_pbs.call import Answer, Call
from hpcmlff.testing.fake_pbs.ending import delete, forget, preempt, set_suspended
from hpcmlff.testing.fake_pbs.ids import checked_id, split_id
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.refusal import (
    BAD_SIGNAL,
    FINISHED,
    INVALID,
    NO_MOM,
    UNAUTHORIZED,
    WRONG_STATE,
    RefusalError,
)
from hpcmlff.testing.fake_pbs.server import Server

Order = Callable[[Job], None]


def qdel(server: Server, call: Call) -> Answer:
    """Delete jobs; it answers before they have ended."""
    options, ids = getopt.getopt(call.arguments, "W:x")
    force = ("-W", "force") in options
    if ("-x", "") in options:
        return _each(server, call.command, ids, partial(_forget, server, force))
    return _each(server, call.command, ids, partial(_delete, server, force))


def _forget(server: Server, force: bool, job: Job) -> None:
    if not job.over:
        _delete(server, force, job)
    forget(server, job)


def _delete(server: Server, force: bool, job: Job) -> None:
    _refuse_finished(job, f"Job has finished {job.id}")
    busy = [one for one in server.elements(job) if one.attempt or one.state == "E"]
    if not force and not job.is_array:
        _refuse_busy(server, job)
    delete(server, job, force)
    if not force and any(one.attempt and _is_lost(server, one) for one in busy):
        raise RefusalError(NO_MOM, f"Server could not connect to MOM {job.id}")


def _refuse_finished(job: Job, words: str) -> None:
    if job.over:
        raise RefusalError(FINISHED, words)


def _refuse_busy(server: Server, job: Job) -> None:
    """Refuse to delete what is ending already; elements of arrays do not mind."""
    told = job.attempt is not None and job.attempt.reason == "delete"
    if job.parent is None and (job.state == "E" or told) and not _is_lost(server, job):
        raise RefusalError(WRONG_STATE, f"Request invalid for state of job {job.id}")


def _is_lost(server: Server, job: Job) -> bool:
    return job.attempt is not None and job.attempt.node in server.state.down


def qsig(server: Server, call: Call) -> Answer:
    """Send a signal to all processes of jobs."""
    options, ids = getopt.getopt(call.arguments, "s:")
    name = dict(options).get("-s", "SIGTERM")
    return _each(server, call.command, ids, partial(_signal, server, name))


def _signal(server: Server, name: str, job: Job) -> None:
    _refuse_finished(job, "Job has finished")
    if name in {"suspend", "resume"}:
        _need_manager(server, job)
        set_suspended(server, job, name == "suspend")
        return
    number = _number(name)
    if number is None:
        raise RefusalError(BAD_SIGNAL, f"Unknown/illegal signal name {job.id}")
    running = [one for one in server.elements(job) if one.attempt and one.state in "RS"]
    if not running:
        raise RefusalError(WRONG_STATE, f"Request invalid for state of job {job.id}")
    for one in running:
        if _is_lost(server, one):
            raise RefusalError(NO_MOM, f"Server could not connect to MOM {job.id}")
        if one.attempt:
            server.mom.signal(one.attempt, number)


def _number(name: str) -> int | None:
    if name.isdecimal():
        return int(name) if int(name) in set(signal.Signals) else None
    full = f"SIG{name.removeprefix('SIG')}"
    return signal.Signals[full] if full in signal.Signals.__members__ else None


def _need_manager(server: Server, job: Job) -> None:
    if not server.options.manager:
        raise RefusalError(UNAUTHORIZED, f"Unauthorized Request  {job.id}")


def qrerun(server: Server, call: Call) -> Answer:
    """Put running jobs back into the queue, which the owner may not; it waits for that."""
    _, ids = getopt.getopt(call.arguments, "W:")
    counts = [(job, job.run_count) for job in _known(server, ids)]
    done = _each(server, call.command, ids, partial(_rerun, server))
    return done if done.code else Answer(ready=partial(_all_requeued, counts))


def _known(server: Server, ids: list[str]) -> list[Job]:
    found = []
    for one in ids:
        try:
            found += server.elements(server.find(checked_id(one, server.options.server)))
        except RefusalError:
            continue
    return [job for job in found if job.state == "R"]


def _all_requeued(counts: list[tuple[Job, int]]) -> int | None:
    return 0 if all(job.state != "R" or job.run_count > count for job, count in counts) else None


def _rerun(server: Server, job: Job) -> None:
    _refuse_finished(job, "Job has finished")
    _need_manager(server, job)
    if not preempt(server, job):
        raise RefusalError(WRONG_STATE, f"Request invalid for state of job {job.id}")


def qhold(server: Server, call: Call) -> Answer:
    """Hold jobs that wait."""
    _, ids = getopt.getopt(call.arguments, "h:")
    return _each(server, call.command, ids, partial(_hold, server))


def _hold(server: Server, job: Job) -> None:
    if job.state in "QWH":
        job.state, job.substate, job.hold = "H", 20, "u"
    server.touch(job)


def qrls(server: Server, call: Call) -> Answer:
    """Let held jobs go."""
    _, ids = getopt.getopt(call.arguments, "h:")
    return _each(server, call.command, ids, partial(_let_go, server))


def _let_go(server: Server, job: Job) -> None:
    if job.state == "H" and "s" not in job.hold:
        job.state, job.substate, job.hold, job.etime = "Q", 10, "n", job.ctime
    server.touch(job)


def _each(server: Server, command: str, ids: list[str], order: Order) -> Answer:
    code, words = 0, ""
    for one in ids:
        try:
            order(_found(server, checked_id(one, server.options.server)))
        except RefusalError as refusal:
            code = refusal.code
            words += f"{command}: {refusal.words}\n"
    return Answer(code=code, words=words)


def _found(server: Server, job_id: str) -> Job:
    whole, index = split_id(job_id)
    array = server.state.jobs.get(whole)
    if array is not None and array.is_array and index is not None and index not in array.elements:
        raise RefusalError(INVALID, f"Invalid request {job_id}")
    return server.find(job_id)
