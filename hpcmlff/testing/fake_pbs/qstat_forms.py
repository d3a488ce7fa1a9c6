"""The forms in which qstat prints jobs: a table, full text, dsv, JSON."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from hpcmlff.testing.fake_pbs.attributes import attributes, shown_state
from hpcmlff.testing.fake_pbs.full_json import document, member
from hpcmlff.testing.fake_pbs.full_text import flat, full_text
from hpcmlff.testing.fake_pbs.job import Job
from hpcmlff.testing.fake_pbs.places import exec_host
from hpcmlff.testing.fake_pbs.resources import clock
from hpcmlff.testing.fake_pbs.server import Server

VERSION = "23.06.06"
"""``pbs_version``."""

_HEAD = """\
Job id            Name             User              Time Use S Queue
----------------  ---------------- ----------------  -------- - -----
"""
_WIDE_HEAD = """\
Job id                         Name            User             Time Use S Queue
-----------------------------  --------------- ---------------  -------- - ---------------
"""
_ALTERNATIVE_HEAD = """\

{}:\x20
                                                            Req'd  Req'd   Elap
Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time
--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----
"""


def printed(server: Server, flags: frozenset[str], form: str, jobs: list[Job]) -> str:
    """Return what qstat prints for jobs.

    Parameters
    ----------
    server
        The server.
    flags
        Letters of its options.
    form
        ``-F``.
    jobs
        What to show.
    """
    if "f" in flags:
        return _full(server, form, jobs, "w" in flags)
    if not jobs:
        return ""
    if flags & set("asnu1"):
        return _alternative(server, jobs, flags)
    width, head = (30, _WIDE_HEAD) if "w" in flags else (17, _HEAD)
    return head + "".join(_row(server, job, width) for job in jobs)


def _full(server: Server, form: str, jobs: list[Job], wide: bool) -> str:
    if form == "json":
        return document(facts(server), "Jobs", _members(server, jobs))
    if form == "dsv":
        return "".join(_separated(server, job) for job in jobs)
    return "".join(full_text(job.id, attributes(server, job), wide=wide) for job in jobs)


def _members(server: Server, jobs: Iterable[Job]) -> dict[str, str]:
    """Return JSON of jobs; elements that wait differ in nothing but their id."""
    waiting: dict[str, str] = {}
    found = {}
    for job in jobs:
        if job.parent is None or job.run_count or job.state != "Q":
            found[job.id] = member(attributes(server, job))
            continue
        if job.parent.id not in waiting:
            waiting[job.parent.id] = member(attributes(server, job))
        found[job.id] = waiting[job.parent.id]
    return found


def facts(server: Server) -> dict[str, str | int]:
    """Return what stands at the head of every JSON answer."""
    return {
        "timestamp": int(time.time()),
        "pbs_version": VERSION,
        "pbs_server": server.options.server,
    }


def empty_json(server: Server, form: str) -> str:
    """Return a JSON answer without anything, or nothing in another form."""
    return document(facts(server), "Jobs", {}) if form == "json" else ""


def _separated(server: Server, job: Job) -> str:
    parts = [f"Job Id: {job.id}"]
    for name, value in attributes(server, job).items():
        if isinstance(value, Mapping) and name != "Variable_List":
            parts += [f"{name}.{key}={part}" for key, part in value.items()]
        else:
            parts.append(f"{name}={flat(value)}")
    return "|".join(parts) + "\n"


def _row(server: Server, job: Job, width: int) -> str:
    cell = 16 if width == 17 else 15
    name = job.request.name if len(job.request.name) <= cell else f"{job.request.name[: cell - 1]}*"
    used = str(job.used.get("cput", "0"))
    return (
        f"{job.id:<{width}} {name:<{cell}} {server.user:<{cell}}  "
        f"{used:>8} {shown_state(job)} {job.request.queue:<{cell}}\n"
    )


def _alternative(server: Server, jobs: list[Job], flags: frozenset[str]) -> str:
    rows = [_ALTERNATIVE_HEAD.format(server.options.server)]
    for job in jobs:
        row, hosts = _alternative_row(server, job), exec_host(job.shares) or "-- "
        if "n" in flags:
            row = f"{row[:-1]}  {hosts}\n" if "1" in flags else f"{row}    {hosts}\n"
        rows.append(row)
        if "s" in flags:
            rows.append(f"   {job.comment or '--'}\n")
    return "".join(rows)


def _alternative_row(server: Server, job: Job) -> str:
    asked, name = job.request.resources, job.request.name
    short = name if len(name) <= 10 else f"{name[:9]}*"
    session = str(job.attempt.session) if job.attempt else "-- "
    walltime = clock(asked.walltime_s)[:-3] if asked.walltime_s else "--"
    elapsed = clock(time.time() - job.stime)[:-3] if job.stime else "--"
    nodes, memory = asked.listed["nodect"], _memory(asked.total("mem_kb"))
    return (
        f"{job.id:<15} {server.user[:8]:<8} {job.request.queue[:8]:<8} {short:<10} "
        f"{session:>6} {nodes:>3} {asked.total('ncpus'):>3} {memory:>6} "
        f"{_time(walltime)} {shown_state(job)} {_time(elapsed)}\n"
    )


def _time(text: str) -> str:
    return "  -- " if text == "--" else f"{text:>5}"


def _memory(mem_kb: int) -> str:
    for unit, size in (("gb", 1024 * 1024), ("mb", 1024)):
        if mem_kb >= size:
            return f"{mem_kb // size}{unit}"
    return f"{mem_kb}kb" if mem_kb else "-- "
