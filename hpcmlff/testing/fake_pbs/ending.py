"""How jobs are ended or stopped from outside: deletion, preemption, loss of their node."""

from __future__ import annotations

import signal
import time
from functools import partial

from hpcmlff.testing.fake_pbs import leaving, life, output
from hpcmlff.testing.fake_pbs.job import Attempt, Job
from hpcmlff.testing.fake_pbs.server import Server

_FORCED = 265
"""Exit status after ``qdel -W force``: 256 and SIGKILL."""


def delete(server: Server, job: Job, force: bool = False) -> None:
    """Delete a job, an element, or all elements of an array.

    Parameters
    ----------
    server
        The server.
    job
        What to delete.
    force
        Whether it ends at once, without SIGTERM.
    """
    server.log(job, f"Job to be deleted at request of {job.owner}")
    for one in server.elements(job):
        if not one.over and one.state != "E":
            _delete_one(server, one, force)


def _delete_one(server: Server, job: Job, force: bool) -> None:
    by = "" if job.parent is not None or force else f" by {job.owner}"
    attempt = job.attempt
    if attempt is None or force:
        job.terminator = f" and terminated{by}"
        _end_now(server, job)
    elif attempt.node not in server.state.down and attempt.reason != "delete":
        job.terminator = f" and terminated{by}"
        attempt.reason = "delete"
        job.comment += job.terminator
        life.terminate(server, job, attempt, server.options.delays.delete_kill_s)


def _end_now(server: Server, job: Job) -> None:
    if job.attempt is not None:
        if job.attempt.node not in server.state.down:
            server.mom.signal(job.attempt, signal.SIGKILL)
            job.exit_status = _FORCED
        server.attempts.pop(job.attempt.session, None)
    if job.parent is not None and job.index in job.parent.waiting:
        job.parent.waiting.remove(job.index)
    leaving.finish(server, job)


def forget(server: Server, job: Job) -> None:
    """Remove a finished job from the history."""
    if job.over:
        server.state.jobs.pop(job.id, None)


def preempt(server: Server, job: Job, rest_s: float = 0.0) -> bool:
    """Put a running job back into the queue; tell whether that is possible.

    Parameters
    ----------
    server
        The server.
    job
        The job, or an array for all its elements.
    rest_s
        How long it may not start again, seconds.
    """
    if not job.request.rerunable:
        return False
    done = False
    for one in server.elements(job):
        attempt = one.attempt
        if attempt is not None and one.state == "R" and not attempt.reason:
            attempt.reason, one.substate, done = "requeue", 60, True
            one.resting_until = time.time() + rest_s
            life.terminate(server, one, attempt, server.options.delays.requeue_kill_s)
    return done


def set_suspended(server: Server, job: Job, suspended: bool) -> None:
    """Stop a running job's processes, or let them go on."""
    if job.attempt is None or job.attempt.suspended == suspended:
        return
    job.attempt.suspended = suspended
    server.mom.signal(job.attempt, signal.SIGSTOP if suspended else signal.SIGCONT)
    job.state, job.substate = ("S", 45) if suspended else ("R", 42)
    server.touch(job)


def lose_node(server: Server, name: str) -> None:
    """Let a node vanish; its processes go on, unseen."""
    server.state.down.add(name)
    wait_s = server.options.delays.node_fail_requeue_s
    for job, attempt in _on_node(server, name):
        server.later(wait_s, partial(_give_up, server, job, attempt))
    server.stirred = True


def find_node(server: Server, name: str) -> None:
    """Let a node come back: jobs still counted as running there are killed and start again."""
    for job, attempt in _on_node(server, name):
        server.mom.signal(attempt, signal.SIGKILL)
        server.mom.clean(job, attempt)
        leaving.requeue(server, job, None)
    server.state.down.discard(name)
    server.stirred = True


def _on_node(server: Server, name: str) -> list[tuple[Job, Attempt]]:
    pairs = [(job, job.attempt) for job in server.everything()]
    return [(job, attempt) for job, attempt in pairs if attempt and attempt.node == name]


def _give_up(server: Server, job: Job, attempt: Attempt) -> None:
    """Requeue the job of a node that stays lost, or end it if it may not run twice."""
    if job.attempt is not attempt or attempt.node not in server.state.down:
        return
    output.lose(job, server.mom.spool(attempt.node))
    if job.request.rerunable:
        leaving.requeue(server, job, leaving.NODE_LOST)
        return
    job.exit_status, job.attempt = leaving.NODE_LOST, None
    leaving.finish(server, job)
