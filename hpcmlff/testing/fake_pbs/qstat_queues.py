"""``qstat -Q`` and ``qstat -B``: queues and the server.

The tables are as observed; the full forms follow the attributes of OpenPBS's manual
pages ``pbs_queue_attributes(7B)`` and ``pbs_server_attributes(7B)``.
"""

from __future__ import annotations

from collections import Counter

from hpcmlff.testing.fake_pbs.attributes import Value
from hpcmlff.testing.fake_pbs.call import Answer
from hpcmlff.testing.fake_pbs.full_json import document, member
from hpcmlff.testing.fake_pbs.full_text import full_text
from hpcmlff.testing.fake_pbs.options import FakeQueue, kilobytes
from hpcmlff.testing.fake_pbs.qstat_forms import VERSION, facts
from hpcmlff.testing.fake_pbs.refusal import UNKNOWN_QUEUE
from hpcmlff.testing.fake_pbs.resources import clock
from hpcmlff.testing.fake_pbs.server import Server

_HEAD = """\
Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type
---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----
"""
_SERVER_HEAD = """\
Server             Max   Tot   Que   Run   Hld   Wat   Trn   Ext Status
---------------- ----- ----- ----- ----- ----- ----- ----- ----- -----------
"""
_ORDER = (("Q", "Queued"), ("R", "Running"), ("H", "Held"), ("W", "Waiting"), ("T", "Transit"),
          ("E", "Exiting"))  # fmt: skip


def queues_answer(
    server: Server, flags: frozenset[str], form: str, names: tuple[str, ...]
) -> Answer:
    """Show queues."""
    known = {queue.name: queue for queue in server.options.queues}
    missing = [name for name in names if name not in known]
    chosen = [known[name] for name in names or known if name in known]
    words = "".join(f"qstat: Unknown queue {name}\n" for name in missing)
    code = UNKNOWN_QUEUE if missing else 0
    return Answer(code=code, printed=_queues(server, flags, form, chosen), words=words)


def _queues(server: Server, flags: frozenset[str], form: str, chosen: list[FakeQueue]) -> str:
    values = {queue.name: _queue_attributes(server, queue) for queue in chosen}
    if "f" not in flags:
        return _HEAD + "".join(_row(server, queue) for queue in chosen)
    if form == "json":
        return document(facts(server), "Queue", {n: member(v) for n, v in values.items()})
    return "".join(full_text(name, value, head="Queue: ") for name, value in values.items())


def _counts(server: Server, queue: str = "") -> Counter[str]:
    found: Counter[str] = Counter()
    for job in server.everything():
        if not queue or job.request.queue == queue:
            found[{"S": "R", "X": "F"}.get(job.state, job.state)] += 1
    return found


def _row(server: Server, queue: FakeQueue) -> str:
    counts = _counts(server, queue.name)
    numbers = " ".join(f"{counts[letter]:>5}" for letter, _ in _ORDER)
    enabled, started = ("yes" if one else "no" for one in (queue.enabled, queue.started))
    total = sum(counts[letter] for letter, _ in _ORDER)
    return f"{queue.name:<16} {0:>5} {total:>5} {enabled:>3} {started:>3} {numbers} Exe*\n"


def _state_count(counts: Counter[str]) -> str:
    names = {name: counts[letter] for letter, name in _ORDER}
    order = ("Transit", "Queued", "Held", "Waiting", "Running", "Exiting")
    return " ".join(f"{name}:{names[name]}" for name in order) + " Begun:0 "


def _queue_attributes(server: Server, queue: FakeQueue) -> dict[str, Value]:
    counts = _counts(server, queue.name)
    limits: dict[str, str | int | None] = {
        "mem": f"{kilobytes(queue.max_mem_gb)}kb" if queue.max_mem_gb else None,
        "ncpus": queue.max_ncpus,
        "ngpus": queue.max_ngpus,
        "walltime": clock(queue.max_walltime_s) if queue.max_walltime_s else None,
    }
    defaults = queue.default_walltime_s and {"walltime": clock(queue.default_walltime_s)}
    values: dict[str, Value | None] = {
        "queue_type": "Execution",
        "Priority": queue.priority or None,
        "total_jobs": sum(counts[letter] for letter, _ in _ORDER),
        "state_count": _state_count(counts),
        "max_queued": f"[o:PBS_ALL={queue.max_queued}]" if queue.max_queued else None,
        "resources_max": {k: v for k, v in limits.items() if v is not None} or None,
        "resources_default": defaults or None,
        "max_array_size": queue.array_cap,
        "enabled": str(queue.enabled),
        "started": str(queue.started),
    }
    return {name: value for name, value in values.items() if value is not None}


def server_answer(server: Server, flags: frozenset[str], form: str) -> Answer:
    """Show the server."""
    name, values = server.options.server, server_attributes(server)
    if "f" not in flags:
        return Answer(printed=_SERVER_HEAD + _server_row(server))
    if form == "json":
        return Answer(printed=document(facts(server), "Server", {name: member(values)}))
    return Answer(printed=full_text(name, values, head="Server: "))


def _server_row(server: Server) -> str:
    counts = _counts(server)
    numbers = " ".join(f"{counts[letter]:>5}" for letter, _ in _ORDER)
    return f"{server.options.server:<16} {0:>5} {sum(counts.values()):>5} {numbers} Active    \n"


def server_attributes(server: Server) -> dict[str, Value]:
    """Return the server's attributes, as far as the fake has them."""
    options, counts = server.options, _counts(server)
    return {
        "server_state": "Active",
        "server_host": options.server,
        "scheduling": "True",
        "total_jobs": sum(counts.values()),
        "state_count": _state_count(counts),
        "default_queue": options.queues[0].name,
        "resources_default": {"ncpus": 1},
        "default_chunk": {"ncpus": 1},
        "node_fail_requeue": int(options.delays.node_fail_requeue_s),
        "max_array_size": options.array_cap,
        "pbs_version": VERSION,
        "job_history_enable": str(options.history),
    }
