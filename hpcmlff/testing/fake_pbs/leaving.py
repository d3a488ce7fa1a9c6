"""How a job leaves the nodes: into the queue again, or through E into F or X.

States, substates, comments and exit statuses as observed with OpenPBS 23.06.06.
"""

from __future__ import annotations

import time
from functools import partial

from hpcmlff.testing.fake_pbs import output
from hpcmlff.testing.fake_pbs.dependencies import release
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.server import Server

LAUNCH_FAILED, NO_HOME, REQUEUED, NODE_LOST = -3, -2, -11, -20
EXEC_FAILED = 254
"""Exit statuses that PBS gives by itself."""
LIMITS = {"walltime": -29, "mem": -27}
"""Those of a job that has exceeded a limit; that of memory as in OpenPBS's ``job.h``."""


def usage(job: Job, measured: dict[str, str | int]) -> dict[str, str | int]:
    """Return ``resources_used``, without the walltime."""
    cores = job.request.resources.total("ncpus")
    return {"cpupercent": 0, **measured, "ncpus": cores, "vmem": measured["mem"]}


def requeue(server: Server, job: Job, exit_status: int | None) -> None:
    """Put a job that ran back into the queue."""
    job.state, job.substate, job.attempt = "Q", 10, None
    job.stime, job.shares, job.used = None, (), {}
    job.exit_status = exit_status
    server.running.pop(job.id, None)
    if job.parent is not None and job.index is not None:
        job.parent.waiting.append(job.index)
        job.parent.waiting.sort(reverse=True)
    server.touch(job)
    server.log(job, "Job requeued")


def leave(server: Server, job: Job, status: int) -> None:
    """Let a job exit: bring its output where it belongs, and end it a little later."""
    job.state, job.substate, job.exit_status = "E", 51, status
    job.ended = time.time()
    server.touch(job)
    server.log(job, f"Exit_status={status}")
    delays = server.options.delays
    spool = server.mom.spool(job.shares[0].node)
    if output.deliver(job, spool, server.mom.home):
        server.later(delays.exiting_s, partial(finish, server, job))
    else:
        server.later(delays.copy_retry_s, partial(_give_up, server, job))


def _give_up(server: Server, job: Job) -> None:
    spool = server.mom.spool(job.shares[0].node)
    if not output.deliver(job, spool, server.mom.home):
        output.give_up(job, spool, server.folder / "undelivered")
    finish(server, job)


def finish(server: Server, job: Job) -> None:
    """End a job for good."""
    if job.over:
        return
    attempt, job.attempt = job.attempt, None
    job.session = attempt.session if attempt else 0
    if attempt is not None and attempt.node not in server.state.down:
        server.mom.clean(job, attempt)
    _conclude(job, attempt.reason if attempt else "")
    job.ended = job.ended or time.time()
    server.running.pop(job.id, None)
    server.touch(job)
    if job.parent is None:
        _retire(server, job)
        return
    job.state = "X"
    _count_element(server, job.parent, job)


def _conclude(job: Job, reason: str) -> None:
    """Set substate and comment of a job that has ended."""
    if reason == "delete" or job.terminator:
        job.substate = 91
        job.comment += job.terminator if job.comment and job.terminator not in job.comment else ""
        return
    job.substate = 93 if job.exit_status else 92
    ending = " and failed" if job.exit_status else " and finished"
    if job.exit_status in LIMITS.values():
        ending = f" and exceeded resource {reason}"
    # A lost node leaves the comment as it was.
    if job.comment and job.exit_status != NODE_LOST:
        job.comment += ending


def _count_element(server: Server, array: Job, job: Job) -> None:
    """Note the end of an element; the array ends with its last one.

    The exit status of an array says little, as observed: 0 although elements failed.
    """
    array.failed = array.failed or bool(job.exit_status) or job.substate == 91
    own_failure = job.exit_status in range(1, 256) and job.substate != 91
    array.exit_status = int(own_failure)
    array.over_count += 1
    if array.over_count == len(array.elements):
        array.substate = 93 if array.failed else 92
        ending = " and failed" if array.failed else " and finished"
        array.comment += ending if array.comment else ""
        array.ended = time.time()
        _retire(server, array)


def _retire(server: Server, job: Job) -> None:
    for one in (job, *job.elements.values()):
        one.state = "F"
    server.touch(job)
    server.log(job, "dequeuing, state F")
    if not server.options.history:
        server.state.jobs.pop(job.id, None)
    release(server, job, job.exit_status)
