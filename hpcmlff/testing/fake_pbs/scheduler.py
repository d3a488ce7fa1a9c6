"""The scheduler: starts what fits, by priority and then in the order of submission."""

from __future__ import annotations

import time
from functools import partial

from hpcmlff.testing.fake_pbs import life
from hpcmlff.testing.fake_pbs.job import Job, Share
from hpcmlff.testing.fake_pbs.options import FakeNode
from hpcmlff.testing.fake_pbs.places import Room, free, lacking, placed
from hpcmlff.testing.fake_pbs.server import Server

WAITING = "Not Running: Not enough free nodes available"
"""Comment of a job for which there is no room now."""


def schedule(server: Server) -> None:
    """Start all jobs that can run now."""
    up = [node for node in server.options.nodes if node.name not in server.state.down]
    rooms = free(up, server.running.values())
    for job in sorted(_candidates(server), key=partial(_rank, server)):
        if job.is_array:
            _start_elements(server, job, rooms)
        elif _rests(server, job):
            continue
        elif shares := _fit(server, job, rooms):
            life.start(server, job, shares)
        else:
            _explain(server, job)


def _candidates(server: Server) -> list[Job]:
    found = [job for job in server.state.jobs.values() if job.state in "QB"]
    return [job for job in found if server.queue(job).started]


def _rank(server: Server, job: Job) -> tuple[int, int, int]:
    return -server.queue(job).priority, -job.request.priority, job.sequence


def _rests(server: Server, job: Job) -> bool:
    wait_s = job.resting_until - time.time()
    if wait_s > 0:
        server.later(wait_s, partial(server.touch, job))
    return wait_s > 0


def _start_elements(server: Server, array: Job, rooms: dict[str, Room]) -> None:
    at_work = sum(element.state in "RSE" for element in array.elements.values())
    most = array.request.max_run or len(array.elements)
    for index in reversed(array.waiting[:]):
        element = array.elements[index]
        if at_work >= most:
            return
        if _rests(server, element):
            continue
        shares = _fit(server, element, rooms)
        if not shares:
            if not array.comment:
                array.comment = lacking(array.request.resources, _nodes(server, array))
            return
        array.waiting.remove(index)
        life.start(server, element, shares)
        at_work += 1


def _nodes(server: Server, job: Job) -> list[FakeNode]:
    names = server.queue(job).nodes
    return [node for node in server.options.nodes if not names or node.name in names]


def _fit(server: Server, job: Job, rooms: dict[str, Room]) -> tuple[Share, ...]:
    names = [node.name for node in _nodes(server, job)]
    return placed(job.request.resources, [rooms[name] for name in names if name in rooms])


def _explain(server: Server, job: Job) -> None:
    job.comment = lacking(job.request.resources, _nodes(server, job)) or WAITING
