"""What a cell has been through, for people: its attempts, its jobs, and why the newest ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.console import brief, wrapped


def attempts_table(tries: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row for each attempt, as `hpcmlff.dossier.dossier` tells of them."""
    table = plain_table("attempt", "began (UTC)", "took", "steps", "on")
    table.add_column("ended", overflow="fold")
    for one in tries:
        began = str(one["began"] or "")[:16].replace("T", " ")
        took = "" if one["took_s"] is None else brief(one["took_s"])
        ended = Text(_ended(one))
        table.add_row(str(one["attempt"]), began, took, _steps(one), str(one["host"] or ""), ended)
    return table


def jobs_table(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row for each job, as `hpcmlff.dossier.dossier` tells of them."""
    table = plain_table("job", "element", "profile", "partition")
    table.add_column("", overflow="fold")
    for one in jobs:
        over = f"ended {one['words']}".rstrip() if one["ended"] else "open"
        known = f"cancelled, {over}" if one["cancelled"] else over
        plain = (one["job_id"] or "not taken", one["element"], one["profile"], one["partition"])
        table.add_row(*("" if value is None else str(value) for value in plain), Text(known))
    return table


def why_lines(facts: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield what the newest diagnosis rests on, and what to do, as lines of a terminal."""
    newest = facts["lost"] or (facts["tries"][0] if facts["tries"] else None)
    if newest is None:
        return
    which = "the newest job" if facts["lost"] else f"attempt {newest['attempt']}"
    yield ""
    yield f"why {which} ended: {newest['cause']}"
    lines = [*(f"  {line}" for line in newest["evidence"]), f"  > {newest['advice']}"]
    yield from wrapped("\n".join(lines), width).splitlines()


def plain_table(*headings: str) -> Table:
    """Return a table of these columns without a frame."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "on", overflow="fold")
    return table


def _ended(one: Mapping[str, Any]) -> str:
    """Return ``killed (out of memory): its process was killed``."""
    told = one["outcome"] in {"running", "done", "brought in"}
    cause = "" if told or one["cause"] is None else f" ({one['cause']})"
    return f"{one['outcome']}{cause}" + (f": {one['why']}" if one["why"] else "")


def _steps(one: Mapping[str, Any]) -> str:
    begin, end = one["from_step"], one["to_step"]
    if begin is not None:
        return f"{begin}-{end}"
    return "" if end is None else f"to {end}"
