"""What qstat shows of a job: attributes in OpenPBS's order, as text and as JSON types."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hpcmlff.testing.fake_pbs import dependencies, output
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.places import exec_host, exec_vnode
from hpcmlff.testing.fake_pbs.resources import clock

if TYPE_CHECKING:
    from hpcmlff.testing.fake_pbs.server import Server

Value = str | int | Mapping[str, str | int]
"""A value; groups such as ``Resource_List`` are dictionaries."""

_FOR_MANAGERS = {
    "schedselect", "euser", "egroup", "hashname", "queue_rank", "queue_type", "run_version",
}  # fmt: skip
"""Shown to managers only."""

_NOT_OF_ELEMENTS = {"Checkpoint", "Hold_Types", "Submit_arguments"}
"""Not shown of an element that has begun."""

_ONLY_OF_OTHERS = {"array_id", "array_index", "project", "run_version", "Submit_Host"}
"""Not shown of an element that waits: it shows its array's attributes."""


def shown_state(job: Job) -> str:
    """Return the letter of a job; waiting elements share their array's, unless it has begun."""
    if job.parent is not None and job.state == "Q" and job.parent.state in "HW":
        return job.parent.state
    return job.state


def attributes(server: Server, job: Job) -> dict[str, Value]:
    """Return all attributes of a job that are set, in order."""
    everything = {
        **_head(server, job),
        **_files(server, job),
        **_request(job),
        **_run(server, job),
        "Variable_List": job.request.variables,
        **_queueing(server, job),
        **_tail(server, job),
    }
    hidden = set() if server.options.manager else set(_FOR_MANAGERS)
    if job.parent is not None:
        hidden |= _NOT_OF_ELEMENTS if job.run_count else _ONLY_OF_OTHERS
    return {
        name: value
        for name, value in everything.items()
        if value is not None and name not in hidden
    }


def date(when: float | None) -> str | None:
    """Return a time as PBS writes it, or None."""
    return time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(when)) if when else None


def _head(server: Server, job: Job) -> dict[str, Value | None]:
    used = dict(job.used)
    if used and job.stime is not None:
        until = job.ended or time.time()
        used["walltime"] = clock(until - job.stime)
    return {
        "Job_Name": job.request.name,
        "Job_Owner": job.owner,
        "resources_used": dict(sorted(used.items())) or None,
        "job_state": shown_state(job),
        "queue": job.request.queue,
        "server": server.options.server,
        "Account_Name": job.request.account,
        "Checkpoint": "u",
        "ctime": date(job.ctime),
        "depend": dependencies.attribute(job, server.options.server) or None,
    }


def _files(server: Server, job: Job) -> dict[str, Value | None]:
    # Elements that wait show their array's names.
    named = job.parent if job.parent is not None and not job.run_count else job
    return {
        "Error_Path": output.attribute(named, "e", server.options.server),
        "exec_host": exec_host(job.shares) or None,
        "exec_vnode": exec_vnode(job.shares) or None,
        "Hold_Types": job.hold,
        "Join_Path": job.request.join,
        "Keep_Files": job.request.keep,
        "Mail_Points": job.request.mail,
        "mtime": date(job.mtime),
        "Output_Path": output.attribute(named, "o", server.options.server),
        "Priority": job.request.priority,
        "qtime": date(job.ctime),
        "Rerunable": str(job.request.rerunable),
    }


def _request(job: Job) -> dict[str, Value | None]:
    resources = job.request.resources
    select = "+".join(chunk.text for chunk in resources.chunks)
    return {
        "Resource_List": resources.listed,
        "schedselect": None if job.state in "FX" else select,
    }


def _run(server: Server, job: Job) -> dict[str, Value | None]:
    began = (job.parent or job).stime if job.parent and not job.run_count else job.stime
    return {
        "stime": date(began),
        "obittime": date(job.ended) if job.over else None,
        "session_id": _session(job),
        "Shell_Path_List": job.request.shell,
        "jobdir": str(server.mom.home) if _session(job) or job.state == "E" else None,
        "substate": job.substate,
    }


def _session(job: Job) -> int | None:
    """Return ``session_id``, which is known from the node's first report on; not while in E."""
    if job.over:
        return job.session or None
    reported = job.attempt is not None and job.state != "E" and job.substate != 41
    return job.attempt.session if reported and job.attempt else None


def _queueing(server: Server, job: Job) -> dict[str, Value | None]:
    comment = job.comment
    if job.parent is not None and not job.run_count:
        comment = job.parent.comment
    return {
        "euser": server.user,
        "egroup": server.user,
        "hashname": job.id if job.run_count else None,
        "queue_rank": job.rank,
        "queue_type": "E",
        "comment": comment or None,
        "etime": date((job.parent or job).etime),
        "run_count": job.run_count or None,
        "Stageout_status": 1 if job.over and (job.run_count or job.stime) else None,
        "Exit_status": job.exit_status,
        "Submit_arguments": job.request.arguments,
    }


def _tail(server: Server, job: Job) -> dict[str, Value | None]:
    return {
        **(_array(job) if job.is_array else {}),
        "array_id": job.parent.id if job.parent else None,
        "array_index": job.index,
        "history_timestamp": int(job.ended) if job.over and job.ended else None,
        "project": job.request.project,
        "run_version": job.run_count or None,
        "Submit_Host": server.options.server,
    }


def _array(job: Job) -> dict[str, Value | None]:
    counts = {"Queued": "QHW", "Running": "RS", "Exiting": "E", "Expired": "X"}
    states = [element.state for element in job.elements.values()]
    numbers = {name: sum(state in letters for state in states) for name, letters in counts.items()}
    return {
        "array": "True",
        "array_state_count": " ".join(f"{name}:{count}" for name, count in numbers.items()),
        "array_indices_submitted": job.request.array_range,
        "array_indices_remaining": ranges(sorted(job.waiting)) or "-",
        "max_run_subjobs": job.request.max_run,
    }


def ranges(indices: list[int]) -> str:
    """Return sorted indices in PBS's short form, such as ``2-5,8``."""
    parts: list[list[int]] = []
    for index in indices:
        if parts and parts[-1][-1] == index - 1:
            parts[-1].append(index)
        else:
            parts.append([index])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
