"""``pbsnodes``: the nodes and what is left of them.

``state`` and ``comment`` are as observed; the other attributes follow OpenPBS's manual page
``pbs_node_attributes(7B)``.
"""

from __future__ import annotations

import getopt
from collections.abc import Mapping

from hpcmlff.testing.fake_pbs.attributes import Value
from hpcmlff.testing.fake_pbs.call import Answer, Call
from hpcmlff.testing.fake_pbs.full_json import document, member
from hpcmlff.testing.fake_pbs.full_text import flat
from hpcmlff.testing.fake_pbs.options import FakeNode, kilobytes
from hpcmlff.testing.fake_pbs.places import Room, free
from hpcmlff.testing.fake_pbs.qstat_forms import VERSION, facts
from hpcmlff.testing.fake_pbs.server import Server


def answer(server: Server, call: Call) -> Answer:
    """Show nodes."""
    options, names = getopt.getopt(call.arguments, "avF:HSjl")
    known = {node.name: node for node in server.options.nodes}
    missing = [name for name in names if name not in known]
    if missing:
        words = "".join(f"Node: {name},  Error: Unknown node \n" for name in missing)
        return Answer(code=1, words=words)
    rooms = free(known.values(), server.running.values())
    values = {name: _attributes(server, known[name], rooms[name]) for name in names or known}
    if ("-F", "json") in options:
        head = facts(server)
        return Answer(printed=document(head, "nodes", {n: member(v) for n, v in values.items()}))
    return Answer(printed="".join(_text(name, value) for name, value in values.items()))


def _text(name: str, values: dict[str, Value]) -> str:
    lines = [f"{name}\n"]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += [f"     {key}.{part} = {one}\n" for part, one in value.items()]
        else:
            lines.append(f"     {key} = {flat(value)}\n")
    return "".join([*lines, "\n"])


def _attributes(server: Server, node: FakeNode, room: Room) -> dict[str, Value]:
    is_down = node.name in server.state.down
    jobs = sorted(
        f"{job.id}/{share.slot}"
        for job in server.running.values()
        for share in job.shares
        if share.node == node.name
    )
    values: dict[str, Value | None] = {
        "Mom": node.name,
        "Port": 15002,
        "pbs_version": VERSION,
        "ntype": "PBS",
        "state": _state(is_down, jobs, room),
        "pcpus": node.ncpus,
        "jobs": ", ".join(jobs) or None,
        "resources_available": _available(node),
        "resources_assigned": _assigned(node, room),
        "comment": "node down: communication closed" if is_down else None,
        "resv_enable": "True",
        "sharing": "default_shared",
    }
    return {name: value for name, value in values.items() if value is not None}


def _state(is_down: bool, jobs: list[str], room: Room) -> str:
    if is_down:
        return "down"
    return "job-busy" if jobs and room.ncpus <= 0 else "free"


def _available(node: FakeNode) -> dict[str, str | int]:
    return {
        "arch": "linux",
        "host": node.name,
        "mem": f"{kilobytes(node.mem_gb)}kb",
        "ncpus": node.ncpus,
        **({"ngpus": node.ngpus} if node.ngpus else {}),
        "vnode": node.name,
    }


def _assigned(node: FakeNode, room: Room) -> dict[str, str | int]:
    return {
        "mem": f"{kilobytes(node.mem_gb) - room.mem_kb}kb",
        "ncpus": node.ncpus - room.ncpus,
        **({"ngpus": node.ngpus - room.ngpus} if node.ngpus else {}),
    }
