"""The cells that are being trained: how far, how long still, and how old what is safe is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.console import brief

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing

SILENT_S = 600.0
"""A cell that has not reported for so long may hang, or have steps that long."""


def running_table(standings: Sequence[Standing], names: Mapping[str, str], now: float) -> Table:
    """Return one row for each running cell.

    Parameters
    ----------
    standings
        Running cells.
    names
        What each is called, by its id.
    now
        The time, in seconds since the epoch.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("running", overflow="fold")
    for heading in ("done", "loss", "time left", "checkpoint"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in standings:
        table.add_row(Text(names[one.cell.id]), *facts(one, now))
    return table


def facts(one: Standing, now: float) -> tuple[str, str, str, str]:
    """Return part done, loss, time left and age of the newest checkpoint in short words."""
    step, steps = one.progress.get("step", 0), one.progress.get("steps", 0)
    loss = one.progress.get("loss")
    done = f"{100 * step / steps:.0f} %" if steps else ""
    saved = "none" if one.saved_at is None else f"{brief(age_s(one.saved_at, now))} ago"
    return done, "" if loss is None else f"{loss:.3g}", _left(one, now), saved


def age_s(at: float, now: float) -> float:
    """Return how long ago something was; a disk whose clock is ahead makes nothing younger."""
    return max(0.0, now - at)


def _left(one: Standing, now: float) -> str:
    if not one.progress:
        return "starting"
    if one.reported_at is not None and (silent_s := age_s(one.reported_at, now)) > SILENT_S:
        return f"silent {brief(silent_s)}"
    if one.progress.get("phase") != "training":
        return str(one.progress.get("phase"))
    left_s = one.progress.get("time_left_s")
    return "" if left_s is None else brief(left_s)
