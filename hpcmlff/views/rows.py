"""Where a cell stands as plain values, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.views.running import age_s

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing


def row(standing: Standing, now: float) -> dict[str, Any]:
    """Return all that is known of where a cell stands.

    Parameters
    ----------
    standing
        The cell.
    now
        The time, in seconds since the epoch.
    """
    cell = standing.cell
    return {
        "cell_id": cell.id,
        "label": cell.label,
        "model": cell.model,
        "molecule": cell.molecule,
        "size": cell.size,
        "seed": cell.seed,
        "state": standing.state.value,
        "attempts": standing.attempts,
        "progress": dict(standing.progress),
        "report_age_s": _age_s(standing.reported_at, now),
        "checkpoint_age_s": _age_s(standing.saved_at, now),
        "reason": standing.reason,
        "cause": None if standing.diagnosis is None else standing.diagnosis.cause.value,
        "unasked": standing.unasked,
    }


def _age_s(at: float | None, now: float) -> float | None:
    return None if at is None else round(age_s(at, now), 1)
