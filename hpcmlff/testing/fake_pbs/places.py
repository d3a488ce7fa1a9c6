"""Where jobs find room: chunks against what nodes have free; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpcmlff.testing.fake_pbs.job import Job, Share
from hpcmlff.testing.fake_pbs.options import FakeNode, kilobytes
from hpcmlff.testing.fake_pbs.request import Chunk, Resources


@dataclass(kw_only=True)
class Room:
    """What a node has free."""

    name: str
    """Name of the node."""
    ncpus: int
    """Cores."""
    mem_kb: int
    """Memory, KiB."""
    ngpus: int
    """GPUs."""
    slots: set[int]
    """Numbers of the chunks that run there."""

    def holds(self, chunk: Chunk) -> bool:
        """Tell whether one piece of a chunk fits."""
        return all(getattr(self, name) >= getattr(chunk, name) for name in _KINDS)

    def take(self, chunk: Chunk, slot: int) -> None:
        """Occupy room for one piece of a chunk."""
        self.ncpus -= chunk.ncpus
        self.mem_kb -= chunk.mem_kb
        self.ngpus -= chunk.ngpus
        self.slots.add(slot)

    def free_slot(self) -> int:
        """Return the first number not in use."""
        return next(number for number in range(len(self.slots) + 1) if number not in self.slots)


_KINDS = ("ncpus", "mem_kb", "ngpus")


def empty(node: FakeNode) -> Room:
    """Return a node with nothing on it."""
    return Room(
        name=node.name,
        ncpus=node.ncpus,
        mem_kb=kilobytes(node.mem_gb),
        ngpus=node.ngpus,
        slots=set(),
    )


def free(nodes: Iterable[FakeNode], running: Iterable[Job]) -> dict[str, Room]:
    """Return what nodes have free beside the jobs that run; suspended ones need nothing."""
    rooms = {node.name: empty(node) for node in nodes}
    for job in running:
        if job.state != "S":
            for share in job.shares:
                if share.node in rooms:
                    rooms[share.node].take(share.chunk, share.slot)
    return rooms


def placed(resources: Resources, rooms: list[Room]) -> tuple[Share, ...]:
    """Return the shares of a job that fits, which then is on the nodes; else an empty tuple."""
    if resources.place.startswith("pack"):
        for room in rooms:
            if shares := _try(resources, [room]):
                return shares
        return ()
    return _try(resources, rooms)


def _try(resources: Resources, rooms: list[Room]) -> tuple[Share, ...]:
    kept = [(room, vars(room) | {"slots": set(room.slots)}) for room in rooms]
    shares: list[Share] = []
    for chunk in resources.chunks:
        for _ in range(chunk.count):
            room = next((one for one in rooms if one.holds(chunk)), None)
            if room is None:
                for one, before in kept:
                    vars(one).update(before)
                return ()
            share = Share(node=room.name, slot=room.free_slot(), chunk=chunk)
            room.take(chunk, share.slot)
            shares.append(share)
    return tuple(shares)


def exec_vnode(shares: tuple[Share, ...]) -> str:
    """Return the attribute ``exec_vnode``."""
    return "+".join(f"({share.node}:{_taken(share.chunk)})" for share in shares)


def exec_host(shares: tuple[Share, ...]) -> str:
    """Return the attribute ``exec_host``."""
    return "+".join(
        f"{share.node}/{share.slot}" + (f"*{share.chunk.ncpus}" if share.chunk.ncpus > 1 else "")
        for share in shares
    )


def _taken(chunk: Chunk) -> str:
    parts = [f"ncpus={chunk.ncpus}"]
    parts += [f"mem={chunk.mem_kb}kb"] if chunk.mem_kb else []
    parts += [f"ngpus={chunk.ngpus}"] if chunk.ngpus else []
    return ":".join(parts)


def lacking(resources: Resources, nodes: list[FakeNode]) -> str:
    """Return why a job can never run on nodes, or an empty string; ``place`` is left aside."""
    rooms = [empty(node) for node in nodes]
    if not rooms:
        return "Can Never Run: Insufficient amount of resource: ncpus (R: 1 A: 0 T: 0)"
    for chunk in resources.chunks:
        if any(room.holds(chunk) for room in rooms):
            continue
        for name in _KINDS:
            needed, most = getattr(chunk, name), max(getattr(room, name) for room in rooms)
            if needed > most:
                return _never(name, needed, most)
    return ""


def _never(name: str, needed: int, most: int) -> str:
    unit = "kb" if name == "mem_kb" else ""
    return (
        f"Can Never Run: Insufficient amount of resource: {name.removesuffix('_kb')} "
        f"(R: {needed}{unit} A: {most}{unit} T: {most}{unit})"
    )
