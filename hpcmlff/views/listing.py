"""Every cell on a line of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hpcmlff.spec.states import CellState
from hpcmlff.views.running import facts

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing

_INDENT = "    "


def listing(standings: Sequence[Standing], width: int, now: float) -> Iterator[str]:
    """Yield the lines of a list of all cells; what does not fit goes below its cell.

    Parameters
    ----------
    standings
        The cells.
    width
        Columns of the terminal.
    now
        The time, in seconds since the epoch.
    """
    longest = max((len(one.cell.label) for one in standings), default=0)
    state = max((len(one.state.value) for one in standings), default=0)
    for one in standings:
        name = f"{one.cell.label:{longest}}  {one.state.value:{state}}"
        line = f"{name}  {_tried(one.attempts)}".rstrip()
        detail = _detail(one, now)
        if len(line) + 2 + len(detail) <= width:
            yield f"{line}  {detail}".rstrip()
        else:
            yield line
            room = max(20, width - len(_INDENT))
            yield from textwrap.wrap(
                detail, room, initial_indent=_INDENT, subsequent_indent=_INDENT
            )


def _tried(attempts: int) -> str:
    return f"{attempts} attempt{'' if attempts == 1 else 's'}" if attempts else ""


def _detail(one: Standing, now: float) -> str:
    if one.state is not CellState.RUNNING:
        return one.reason
    done, loss, left, saved = facts(one, now)
    words = [done, f"loss {loss}" if loss else "", left, f"checkpoint {saved}"]
    return ", ".join(word for word in words if word)
