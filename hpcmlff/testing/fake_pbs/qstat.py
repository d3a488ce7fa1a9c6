"""``qstat``: which jobs are meant, and what is said about those that are not there."""

from __future__ import annotations

import getopt
from dataclasses import dataclass

from hpcmlff.testing.fake_pbs.call import Answer, Call
from hpcmlff.testing.fake_pbs.ids import full_id, split_id
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.qstat_forms import empty_json, printed
from hpcmlff.testing.fake_pbs.qstat_queues import queues_answer, server_answer
from hpcmlff.testing.fake_pbs.refusal import FINISHED, UNKNOWN_JOB, UNKNOWN_QUEUE, RefusalError
from hpcmlff.testing.fake_pbs.server import Server

_FINISHED = "{} Job has finished, use -x or -H to obtain historical job information"
_NO_HISTORY = "PBS is not configured to maintain job history {}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a call of qstat asks for."""

    flags: frozenset[str]
    """Letters of the options given."""
    form: str
    """``json``, ``dsv`` or ``default``."""
    user: str
    """``-u``; empty for everybody."""
    names: tuple[str, ...]
    """Jobs or queues."""


def answer(server: Server, call: Call) -> Answer:
    """Show jobs, queues or the server."""
    asked = _read(call.arguments)
    if "Q" in asked.flags:
        return queues_answer(server, asked.flags, asked.form, asked.names)
    if "B" in asked.flags:
        return server_answer(server, asked.flags, asked.form)
    if "x" in asked.flags and not server.options.history:
        # Observed: nothing is shown, not even what runs, and the exit code is 0.
        full = [full_id(name, server.options.server) or name for name in asked.names]
        words = [f"qstat: {_NO_HISTORY.format(name)}\n" for name in full or [""]]
        return Answer(printed=empty_json(server, asked.form), words="".join(words))
    return _jobs(server, asked)


def _read(arguments: list[str]) -> Asked:
    found, names = getopt.getopt(arguments, "fF:txJaswn1u:QBHriGM")
    options = {flag[1:]: value for flag, value in found}
    form = options.get("F", "default")
    return Asked(flags=frozenset(options), form=form, user=options.get("u", ""), names=tuple(names))


def _jobs(server: Server, asked: Asked) -> Answer:
    code, words = 0, ""
    groups: list[list[Job]] = []
    for name in asked.names or ("",):
        try:
            groups.append(_meant(server, asked, name))
        except RefusalError as refusal:
            code, words = refusal.code, f"{words}qstat: {refusal.words}\n"
    # Observed: as JSON only what the first id names is shown, and the exit code is 0.
    shown = groups[:1] if asked.form == "json" else groups
    jobs = [job for group in shown for job in group]
    return Answer(code=code, printed=printed(server, asked.flags, asked.form, jobs), words=words)


def _meant(server: Server, asked: Asked, name: str) -> list[Job]:
    """Return the jobs that one argument of qstat means, or all without one."""
    job_id = full_id(name, server.options.server)
    if not name or not name[0].isdecimal():
        return _many(server, asked, name)
    if job_id is None:
        raise RefusalError(1, f"illegally formed job identifier: {name}")
    job = server.find(job_id)
    whole = server.state.jobs[split_id(job_id)[0]]
    if whole.state == "F" and not asked.flags & {"x", "H"}:
        if server.options.history:
            raise RefusalError(FINISHED, _FINISHED.format(job_id))
        raise RefusalError(UNKNOWN_JOB, f"Unknown Job Id {job_id}")
    return _with_elements(job) if "t" in asked.flags else [job]


def _many(server: Server, asked: Asked, queue: str) -> list[Job]:
    if queue and queue not in {one.name for one in server.options.queues}:
        raise RefusalError(UNKNOWN_QUEUE, f"Unknown queue destination {queue}")
    found = [
        job
        for job in server.state.jobs.values()
        if (job.state != "F" or asked.flags & {"x", "H"})
        and (not queue or job.request.queue == queue)
        and (not asked.user or asked.user == server.user)
        and ("J" not in asked.flags or job.is_array)
    ]
    if "t" not in asked.flags:
        return found
    return [one for job in found for one in _with_elements(job)]


def _with_elements(job: Job) -> list[Job]:
    return [job, *job.elements.values()]
