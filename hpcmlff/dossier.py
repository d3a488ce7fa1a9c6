"""Everything that is known of one cell, as plain values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hpcmlff.endings import Tried, history_of
from hpcmlff.errors import CheckpointError
from hpcmlff.files import changed_at
from hpcmlff.outputs import job_output
from hpcmlff.spec.variants import varied
from hpcmlff.store.checkpoints import Checkpoint, restore
from hpcmlff.views.rows import row
from hpcmlff.views.running import age_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpcmlff.reconcile import Standing
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store

_PROVENANCE = ("python", "packages", "git_commit", "host", "cpu", "gpu", "threads")
_CURVE = ("curve/step", "curve/loss")
_SHARES = ("from_step", "to_step", "train_s", "cpu_s", "peak_mem_gb")


def dossier(store: Store, frozen: FrozenGrid, standing: Standing) -> dict[str, Any]:
    """Return all that is known of a cell.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.
    standing
        The cell, and where it stands.

    Returns
    -------
    dict
        What `hpcmlff.views.rows.row` says, then ``settings`` and those of them that the grid
        varies, ``resources`` as the grid asks for them, ``tries`` (newest first) with why each
        ended, ``lost`` (why the newest job never began the cell, or None), ``jobs`` (newest
        first), ``checkpoint``, ``metrics``, ``losses`` (step and loss of each
        validation, in the trainer's own unit), ``provenance``, ``files``.
    """
    cell = standing.cell
    newest, damage = _restored(store, standing)
    notes = newest.content.notes if newest else {}
    history, jobs = history_of(store, standing), _jobs(store, cell.id)
    tries = history.tries
    asked = dict(zip((one.id for one in frozen.cells), frozen.resources, strict=True))
    return {
        **row(standing, time.time()),
        "settings": dict(cell.settings),
        "varied": list(varied(frozen.cells)[cell.model]),
        "resources": asked[cell.id].model_dump(mode="json", exclude_none=True),
        "tries": [_try(one, notes.get("history", ())) for one in tries],
        "lost": None if history.lost is None else history.lost.as_json(),
        "jobs": jobs,
        "checkpoint": _checkpoint(newest, damage, time.time()),
        "metrics": notes.get("metrics"),
        "losses": _losses(newest, standing),
        "provenance": _provenance(tries, notes),
        "files": _files(store, standing, tries, jobs),
    }


def _restored(store: Store, standing: Standing) -> tuple[Checkpoint | None, str]:
    try:
        return restore(store.cell(standing.cell)), ""
    except CheckpointError as error:
        return None, str(error)


def _losses(newest: Checkpoint | None, standing: Standing) -> list[tuple[int, float]]:
    """Return the validations up to the newest checkpoint, and what was reported since."""
    plain = newest.content.plain if newest else {}
    columns = [plain[name].tolist() for name in _CURVE if name in plain]
    found: list[tuple[int, float]] = []
    if len(columns) == len(_CURVE):
        found = list(zip(*columns, strict=True))
    step, loss = standing.progress.get("step", 0), standing.progress.get("loss")
    if loss is None or (found and (step <= found[-1][0] or loss == found[-1][1])):
        return found
    return [*found, (step, loss)]


def _try(one: Tried, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    share = next((part for part in history if part.get("attempt") == one.folder.number), {})
    known = {name: share.get(name) for name in _SHARES}
    start, end, progress = one.papers.start, one.papers.end, one.papers.progress
    if known["to_step"] is None:
        known["to_step"] = end.get("step", progress.get("step"))
    took_s = None
    if one.began_at is not None and one.seen_at is not None:
        took_s = max(0.0, one.seen_at - one.began_at)
    diagnosis = {} if one.diagnosis is None else one.diagnosis.as_json()
    return {
        **dict.fromkeys(("cause", "rule", "mem_gb", "advice")),
        "evidence": [],
        **diagnosis,
        "attempt": one.folder.number,
        "outcome": one.outcome,
        "why": one.why,
        "began": start.get("started"),
        "took_s": took_s,
        "host": start.get("host"),
        "record": one.papers.record,
        "kind": end.get("kind"),
        "exit_code": end.get("exit_code"),
        **known,
        "merged_from": (start.get("merged_from") or {}).get("checkpoint"),
        "folder": str(one.folder.path),
    }


def _jobs(store: Store, cell_id: str) -> list[dict[str, Any]]:
    records = [one for one in store.ledger.newest_first() if cell_id in one.cells]
    return [_job(store, record, cell_id) for record in records]


def _job(store: Store, record: Record, cell_id: str) -> dict[str, Any]:
    ended = record.ended
    element = record.element(cell_id)
    many = int((record.job or {}).get("elements", 1)) > 1
    return {
        "record": record.number,
        "job_id": None if record.job is None else str(record.job["job_id"]),
        "element": element if many else None,
        "profile": record.profile["name"],
        "partition": record.placement.get("partition") or None,
        "ended": ended,
        "cancelled": store.ledger.is_cancelled(record.number, cell_id),
        "words": store.ledger.cause(record.number, element) if ended else "",
        "output": [str(path) for path in job_output(store, record, cell_id)],
    }


def _checkpoint(newest: Checkpoint | None, damage: str, now: float) -> dict[str, Any] | None:
    if newest is None:
        return {"damage": damage} if damage else None
    progress = newest.content.notes.get("progress", {})
    return {
        "file": str(newest.path),
        "attempt": newest.attempt,
        "sequence": newest.sequence,
        "final": newest.final,
        "step": progress.get("step"),
        # A running cell may have replaced it a moment ago.
        "age_s": None if (at := changed_at(newest.path)) is None else round(age_s(at, now), 1),
        "sha256": newest.sha256,
    }


def _provenance(tries: Sequence[Tried], notes: Mapping[str, Any]) -> dict[str, Any]:
    start: Mapping[str, Any] = tries[0].papers.start if tries else {}
    known = {name: start[name] for name in _PROVENANCE if start.get(name) is not None}
    counts = {name: notes[name] for name in ("n_train", "n_validation", "n_test") if name in notes}
    return known | counts


def _files(
    store: Store, standing: Standing, tries: Sequence[Tried], jobs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "folder": str(store.cell(standing.cell).path),
        "log": str(tries[0].folder.log) if tries else None,
        "output": jobs[0]["output"] if jobs else [],
    }
