"""Bringing another copy of the same grid's store into this one, decided by content.

Of every cell the further checkpoint wins: a final one before others, then by steps,
then by digest, so that it does not matter which store is merged into which. It comes
in as a new attempt, like one that a job has claimed, so that a job that is training the
cell here stops without a trace. The other store is only read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import CheckpointError, StoreError, StoreMismatch
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.datasets import read_frames
from hpcmlff.store.findings import Finding, Tell, quietly, reason
from hpcmlff.store.merge_plan import Bring, Plan, Twice
from hpcmlff.store.merging_leases import plan_leases
from hpcmlff.store.store import check_name
from hpcmlff.store.verifying import check_grid
from hpcmlff.store.walking import Refused, checked_cell, datasets, stated_cell, walk_cells

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.store.checkpoints import Checkpoint
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.layout import CellFolder
    from hpcmlff.store.store import Store


def plan_merge(ours: Store, other: Store, tell: Tell = quietly) -> Plan:
    """Compare two stores; write nothing.

    Raises
    ------
    StoreMismatch
        The other store belongs to another grid, or has other frames of a molecule.
    StoreError
        It is the same store, or its leases are damaged or missing.
    """
    check_name(other, ours.name)
    if ours.path.exists() and ours.path.samefile(other.path):
        raise StoreError("is the same store", where=str(other.path))
    plan = Plan()
    _plan_frames(ours, other, plan)
    _plan_grid(ours, other, plan)
    plan_leases(ours, other, plan)
    walk = walk_cells(other.layout)
    _refuse(plan, walk.refused)
    for done, (label, folder) in enumerate(walk.cells.items()):
        tell(done, len(walk.cells))
        _plan_cell(ours, folder, label, plan)
    tell(len(walk.cells), len(walk.cells))
    return plan


def _plan_frames(ours: Store, other: Store, plan: Plan) -> None:
    for one in datasets(other.layout):
        if isinstance(one, Refused):
            _refuse(plan, [one])
            continue
        molecule, path = one
        try:
            digest = read_frames(path).digest
        except (StoreError, OSError) as error:
            _skip(plan, path, error)
            continue
        own = ours.layout.dataset(molecule)
        if not own.exists():
            plan.frames[molecule] = path
        elif read_frames(own).digest != digest:
            raise StoreMismatch(
                f"holds other frames of the molecule {molecule!r} than {ours.path}",
                where=str(other.path),
                hint="These are different studies; nothing was merged",
            )


def _plan_grid(ours: Store, other: Store, plan: Plan) -> None:
    theirs = _grids(other, plan)
    if not theirs:
        return
    own = {ours.grids.head(n).digest: n for n in range(1, ours.grids.newest() + 1)}
    newest = theirs[max(theirs)]
    if newest.digest in own:
        return
    current = max(own, key=lambda digest: own[digest], default=None)
    if current is None or current in {one.digest for one in theirs.values()}:
        plan.grid, plan.revision = "theirs", newest
    else:
        plan.grid = "ours"


def _grids(store: Store, plan: Plan) -> dict[int, FrozenGrid]:
    found = {}
    for revision in range(1, store.grids.newest() + 1):
        try:
            found[revision] = check_grid(store, revision)
        except (StoreError, OSError, KeyError, TypeError, ValueError) as error:
            _skip(plan, store.layout.grids / f"r{revision:06d}.json", error)
    return found


def _plan_cell(ours: Store, folder: CellFolder, label: str, plan: Plan) -> None:
    try:
        found = restore(folder)
        if found is None:
            return
        identity = _identity(folder, label, found)
    except (StoreError, OSError) as error:
        _skip(plan, folder.path, error)
        return
    own, stands = _own(ours.layout.cell(label))
    if own is not None and own.final and found.final and own.sha256 != found.sha256:
        kept = max(own, found, key=rank)
        what = f"has two results; the one of {kept.path} is kept"
        plan.twice.append(Twice(label=label, what=what))
    if own is not None and rank(own) >= rank(found):
        plan.n_kept += 1
        return
    step, final = rank(found)[1], found.final
    one = Bring(
        label=label, identity=identity, path=found.path, final=final, step=step, ours=stands
    )
    plan.bring.append(one)


def rank(checkpoint: Checkpoint) -> tuple[bool, int, str]:
    """Return what is compared: final, steps, digest of the content."""
    progress = checkpoint.content.notes.get("progress")
    step = progress.get("step") if isinstance(progress, dict) else None
    return checkpoint.final, step if isinstance(step, int) else -1, checkpoint.sha256


def _own(folder: CellFolder) -> tuple[Checkpoint | None, str]:
    try:
        found = restore(folder)
    except CheckpointError:
        return None, "nothing that verifies"
    if found is None:
        return None, "nothing"
    return found, "done" if found.final else f"step {rank(found)[1]}"


def _identity(folder: CellFolder, label: str, found: Checkpoint) -> dict[str, Any]:
    """Return the cell's identity, from its description or, where that is lost, its notes."""
    notes = found.content.notes
    with suppress(FileNotFoundError):
        cell = stated_cell(folder, label)
        if notes.get("cell_id", cell.id) != cell.id:
            raise StoreError("holds another cell's checkpoint", where=str(found.path))
        return {"id": cell.id, **cell.identity()}
    cell = checked_cell(notes.get("cell"), notes.get("cell_id"), label, str(found.path))
    return {"id": cell.id, **cell.identity()}


def _skip(plan: Plan, path: Path, error: Exception) -> None:
    plan.findings.append(Finding(path=path, what=reason(error), serves="skipped"))


def _refuse(plan: Plan, refused: list[Refused]) -> None:
    for one in refused:
        plan.findings.append(Finding(path=one.path, what=one.why, serves="skipped"))
