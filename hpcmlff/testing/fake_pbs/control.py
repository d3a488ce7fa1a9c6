"""What tests do to the server that no command could: lost nodes, outages, preemption."""

from __future__ import annotations

import signal
from functools import partial

from hpcmlff.testing.fake_pbs import ending, leaving, sessions
from hpcmlff.testing.fake_pbs.call import Answer, Call
from hpcmlff.testing.fake_pbs.ids import checked_id
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.refusal import RefusalError
from hpcmlff.testing.fake_pbs.server import Server


def answer(server: Server, call: Call) -> Answer:
    """Do what `FakePbs` asks for."""
    try:
        return _ACTIONS[call.command](server, call.arguments)
    except RefusalError as refusal:
        return Answer(code=refusal.code, words=refusal.words)


def _job(server: Server, arguments: list[str]) -> Job:
    return server.find(checked_id(arguments[0], server.options.server))


def _preempt(server: Server, arguments: list[str]) -> Answer:
    job = _job(server, arguments)
    if not ending.preempt(server, job, float(arguments[1])):
        return Answer(code=1)
    return Answer(ready=partial(_is_put_back, job))


def _is_put_back(job: Job) -> int | None:
    waits = any(one.substate == 60 for one in (job, *job.elements.values()))
    return None if waits else 0


def _suspend(server: Server, arguments: list[str]) -> Answer:
    ending.set_suspended(server, _job(server, arguments), arguments[1] == "yes")
    return Answer()


def _node(server: Server, arguments: list[str]) -> str:
    if arguments[0] not in {node.name for node in server.options.nodes}:
        raise RefusalError(1, f"Unknown node {arguments[0]}")
    return arguments[0]


def _kill_node(server: Server, arguments: list[str]) -> Answer:
    ending.lose_node(server, _node(server, arguments))
    return Answer()


def _revive_node(server: Server, arguments: list[str]) -> Answer:
    ending.find_node(server, _node(server, arguments))
    return Answer()


def _down(server: Server, arguments: list[str]) -> Answer:
    server.is_down = arguments[0] == "yes"
    server.stirred = True
    return Answer()


def _answer_time(server: Server, arguments: list[str]) -> Answer:
    server.answer_s = float(arguments[0])
    return Answer()


def _break_launches(server: Server, arguments: list[str]) -> Answer:
    server.launches_fail = arguments[0] == "yes"
    return Answer()


def _save(server: Server, arguments: list[str]) -> Answer:
    del arguments
    server.save()
    return Answer()


def _sessions(server: Server, arguments: list[str]) -> Answer:
    words = {f"PBS_JOBID={_job(server, arguments).id}".encode()}
    own = {f"PBS_JOBCOOKIE={one}".encode() for one in server.state.cookies}
    found = set(sessions.marked(words)) & set(sessions.marked(own))
    return Answer(printed=" ".join(map(str, sorted(found))))


_ACTIONS = {
    "preempt": _preempt,
    "suspend": _suspend,
    "kill_node": _kill_node,
    "revive_node": _revive_node,
    "down": _down,
    "answer_s": _answer_time,
    "break_launches": _break_launches,
    "processes": _sessions,
    "save": _save,
}


def recover(server: Server) -> None:
    """Go on from the state of a server before: what ran is killed and started again.

    Observed when server and nodes were stopped and started: no SIGTERM, run_count 2.
    """
    for job in list(server.everything()):
        if job.attempt is not None:
            sessions.send(job.attempt.session, signal.SIGKILL)
            leaving.requeue(server, job, None)
        elif job.state == "E":
            leaving.finish(server, job)
