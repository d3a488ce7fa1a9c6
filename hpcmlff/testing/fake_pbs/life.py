"""The life of a job on the server: its start, what stops it, and the end of its processes.

States, substates, comments and exit statuses as observed with OpenPBS 23.06.06.
"""

from __future__ import annotations

import signal
import time
from functools import partial

from hpcmlff.testing.fake_pbs import sessions
from hpcmlff.testing.fake_pbs.job import Attempt, Job, Share
from hpcmlff.testing.fake_pbs.leaving import (
    EXEC_FAILED,
    LAUNCH_FAILED,
    LIMITS,
    NO_HOME,
    REQUEUED,
    leave,
    requeue,
    usage,
)
from hpcmlff.testing.fake_pbs.mom import End
from hpcmlff.testing.fake_pbs.places import exec_vnode
from hpcmlff.testing.fake_pbs.server import Server


def moment(when: float) -> str:
    """Return a time as comments have it."""
    return time.strftime("%a %b %d at %H:%M", time.localtime(when))


def start(server: Server, job: Job, shares: tuple[Share, ...]) -> None:
    """Start a job on nodes that have room for it."""
    job.state, job.substate, job.shares = "R", 41, shares
    job.stime = time.time()
    job.run_count += 1
    job.exit_status, job.used, job.terminator = None, {}, ""
    job.comment = f"Job run at {moment(job.stime)} on {exec_vnode(shares)}"
    server.running[job.id] = job
    server.touch(job)
    server.log(job, f"Job Run at request of Scheduler@{server.options.server}")
    _begin_array(server, job)
    if server.launches_fail:
        server.later(server.options.delays.relaunch_s, partial(_launch_failed, server, job))
    elif not server.mom.home.is_dir():
        leave(server, job, NO_HOME)
    else:
        _launch(server, job)


def _begin_array(server: Server, job: Job) -> None:
    parent = job.parent
    if parent is not None and parent.state == "Q":
        parent.state, parent.substate, parent.stime = "B", 70, job.stime
        parent.comment = f"Job Array Began at {moment(parent.stime or 0)}"
        server.touch(parent)


def _launch(server: Server, job: Job) -> None:
    attempt = job.attempt = server.mom.launch(job)
    server.state.cookies.append(attempt.cookie)
    if not attempt.session:
        leave(server, job, EXEC_FAILED)
        return
    server.attempts[attempt.session] = job, attempt
    delays = server.options.delays
    server.later(delays.report_s, partial(_report, server, job, attempt))
    walltime_s = job.request.resources.walltime_s
    if walltime_s is not None:
        due_s = walltime_s + delays.walltime_slack_s
        server.later(due_s, partial(_expire, server, job, attempt))
    if server.options.enforce_mem:
        server.later(delays.poll_s, partial(_weigh, server, job, attempt))


def _report(server: Server, job: Job, attempt: Attempt) -> None:
    if server.sees(job, attempt) and job.substate == 41:
        job.substate = 42
        job.used = usage(job, {"cput": "00:00:00", "mem": "0kb"})


def _launch_failed(server: Server, job: Job) -> None:
    requeue(server, job, LAUNCH_FAILED)
    if job.run_count >= server.options.launch_attempts:
        job.state, job.substate, job.hold = "H", 20, "s"
        job.comment = "job held, too many failed attempts to run"


def _expire(server: Server, job: Job, attempt: Attempt) -> None:
    if not server.sees(job, attempt) or job.state not in "RS" or attempt.reason:
        return
    limit_s = job.request.resources.walltime_s or 0
    ran_s = max(int(time.time() - (job.stime or 0)), limit_s + 1)
    _exceed(server, job, attempt, f"walltime {ran_s} exceeded limit {limit_s}")


def _weigh(server: Server, job: Job, attempt: Attempt) -> None:
    """Look at the memory of a job, in the words of OpenPBS's job_over_limit."""
    if not server.sees(job, attempt) or job.state not in "RS" or attempt.reason:
        return
    used_kb = sessions.resident_kb(attempt.session)
    limit_kb = job.request.resources.total("mem_kb")
    if limit_kb and used_kb > limit_kb:
        what = f"mem job total {used_kb} kb exceeded limit {limit_kb} kb"
        _exceed(server, job, attempt, what)
    else:
        server.later(server.options.delays.poll_s, partial(_weigh, server, job, attempt))


def _exceed(server: Server, job: Job, attempt: Attempt, what: str) -> None:
    attempt.reason = what.partition(" ")[0]
    server.mom.write(job, attempt.node, f"=>> PBS: job killed: {what}\n")
    terminate(server, job, attempt, server.options.delays.kill_s)


def terminate(server: Server, job: Job, attempt: Attempt, kill_s: float) -> None:
    """Send SIGTERM to a whole session, and SIGKILL if the job is still there after a while."""
    server.mom.signal(attempt, signal.SIGTERM)
    if attempt.suspended:
        server.mom.signal(attempt, signal.SIGCONT)
    server.later(kill_s, partial(_kill, server, job, attempt))


def _kill(server: Server, job: Job, attempt: Attempt) -> None:
    if server.sees(job, attempt) and job.state in "RS":
        server.mom.signal(attempt, signal.SIGKILL)


def ended(server: Server, end: End) -> None:
    """Take notice of the end of a job's first process; what it leaves behind is killed."""
    # A job deleted by force has ended before its processes.
    job, attempt = server.attempts.pop(end.session, (None, None))
    if job is None or attempt is None or not server.sees(job, attempt) or job.over:
        return
    if attempt.reason == "requeue":
        _put_back(server, job, attempt)
        return
    lingers = attempt.reason and job.request.script is not None
    wait_s = server.options.delays.linger_s if lingers else 0.0
    server.later(wait_s, partial(_notice, server, (job, attempt), end))


def _notice(server: Server, run: tuple[Job, Attempt], end: End) -> None:
    job, attempt = run
    if not server.sees(job, attempt) or job.over:
        return
    server.mom.signal(attempt, signal.SIGKILL)
    job.used = usage(job, end.used)
    leave(server, job, LIMITS.get(attempt.reason, end.status))


def _put_back(server: Server, job: Job, attempt: Attempt) -> None:
    """Requeue a job when all its processes are gone; its first one is."""
    if job.attempt is not attempt:
        return
    if sessions.members(attempt.session):
        server.later(0.05, partial(_put_back, server, job, attempt))
        return
    server.mom.clean(job, attempt)
    requeue(server, job, REQUEUED)
