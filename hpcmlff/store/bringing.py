"""Carrying out a merge; each step is whole or leaves nothing, and may be done again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import read_json, write_durably
from hpcmlff.store.attempts import claim, describe, record_end, record_start
from hpcmlff.store.blocks import CellBlocks, array_of
from hpcmlff.store.checkpoints import commit_image, load
from hpcmlff.store.findings import Finding, reason
from hpcmlff.store.headers import newest_first
from hpcmlff.store.layout import AttemptFolder, entries
from hpcmlff.store.merging import rank
from hpcmlff.store.names import ATTEMPT, GENERATION
from hpcmlff.store.sealed import open_plain, read_verified, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpcmlff.store.layout import CellFolder
    from hpcmlff.store.merge_plan import Bring, Plan
    from hpcmlff.store.store import Store

_CHUNK = 1 << 24


def merge(ours: Store, other: Store, plan: Plan) -> None:
    """Bring in what a plan names; the caller holds the store.

    Leases come first: a store that is left half merged trains no cell of another site, nor
    one whose checkpoint is yet to come. Then come the frames, the grid and the cells, so that it
    has no cell that it cannot read.

    Raises
    ------
    OSError
        The disk is full or failing; what was brought in before is whole.
    StoreError
        Something of the other store has changed since the plan was made.
    """
    for lease in plan.leases:
        ours.leases.add(lease)
    for molecule, path in plan.frames.items():
        _copy(path, ours.layout.dataset(molecule))
    if plan.revision is not None:
        ours.grids.freeze(plan.revision)
    for one in plan.bring:
        theirs = other.layout.cell(one.label)
        try:
            _bring(one, ours.layout.cell(one.label), theirs, plan.findings)
        except (StoreError, FileNotFoundError) as error:
            plan.findings.append(Finding(path=one.path, what=reason(error), serves="skipped"))


def _bring(one: Bring, cell: CellFolder, theirs: CellFolder, findings: list[Finding]) -> None:
    seal, image = read_verified(one.path)
    attempt = claim(cell)
    describe(cell, one.identity)
    record_start(attempt, {"record": 0, "merged_from": _origin(one.path, seal.sha256)})
    if not one.final:
        findings += _bring_blocks(cell, theirs)
    sequence = max(_next_sequence(cell), seal.facts["sequence"] + 1)
    commit_image(cell, attempt, sequence, image, final=one.final)
    _keep_furthest(cell, attempt)
    where = f"brought in from {one.path} at {one.stands}"
    record_end(attempt, {"outcome": "done" if one.final else "stopped", "reason": where})


def _keep_furthest(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Put a checkpoint on top that a job here has committed since the plan was made."""
    best = load(attempt.generations()[0][1])
    for path in newest_first(cell):
        with suppress(StoreError, OSError):
            best = max(best, load(path), key=rank)
    if best.attempt != attempt.number:
        _, image = read_verified(best.path)
        commit_image(cell, attempt, _next_sequence(cell), image, final=best.final)


def _next_sequence(cell: CellFolder) -> int:
    matches = (GENERATION.fullmatch(path.name) for path in newest_first(cell))
    return 1 + max((int(match[1]) for match in matches if match), default=0)


def _origin(path: Path, sha256: str) -> dict[str, Any]:
    match = ATTEMPT.fullmatch(path.parent.name)
    number = int(match[1]) if match else 0
    start = read_json(AttemptFolder(path.parent, number).start)
    return {"checkpoint": str(path), "sha256": sha256, "attempt": number, "start": start}


def _bring_blocks(cell: CellFolder, theirs: CellFolder) -> Iterator[Finding]:
    """Copy finished blocks, which the checkpoint may count on; what is lost is made anew."""
    if theirs.blocks.is_symlink():
        return
    own = CellBlocks(cell)
    for entry in entries(theirs.blocks):
        path = theirs.blocks / entry.name
        if path.suffix != ".block" or entry.name.startswith("."):
            continue
        try:
            array_of(verify(path), path)
            if not own.has(path.stem):
                cell.blocks.mkdir(exist_ok=True)
                _copy(path, cell.blocks / path.name)
        except (StoreError, FileNotFoundError) as error:
            yield Finding(path=path, what=reason(error), serves="skipped; it is made anew")


def _copy(source: Path, target: Path) -> None:
    with open_plain(source) as file:
        write_durably(target, iter(lambda: file.read(_CHUNK), b""))
