"""What the store's commands print for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpcmlff import console
from hpcmlff.store.findings import quietly, seen_from
from hpcmlff.store.names import printable
from hpcmlff.store.usage import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hpcmlff.store.exporting import Exported
    from hpcmlff.store.findings import Finding, Tell, Verdict
    from hpcmlff.store.merge_plan import Plan
    from hpcmlff.store.pruning import Surplus
    from hpcmlff.store.usage import Usage

_MOST = 20
"""Lines of a list that people read."""


def amount(n_bytes: float) -> str:
    """Return bytes in words: ``512 B``, ``1.5 kB``, ``20 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 999.5 or unit == "GB":
            break
        n_bytes /= 1000
    return f"{n_bytes:.0f} {unit}" if unit == "B" or n_bytes >= 10 else f"{n_bytes:.1f} {unit}"


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """Show on a terminal how many cells are done; nothing elsewhere."""
    from rich.progress import Progress

    screen = console.terminal(stderr=True)
    if not screen.is_terminal:
        yield quietly
        return
    with Progress(console=screen, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, cells: bar.update(task, completed=done, total=cells)


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; what is in it may come from other people."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(word)) for word in row))
    console.terminal().print(table)


def show_findings(findings: Sequence[Finding], root: Path) -> None:
    """Print what is wrong and what serves instead."""
    rows = [(seen_from(root, one.path), one.what, one.serves) for one in findings]
    show_table(("file", "what is wrong", "what serves instead"), rows)


def verdict_lines(verdict: Verdict, store: Path) -> Iterator[str]:
    """Say what a look at all files gave."""
    files = f"{verdict.files} files, {amount(verdict.size_bytes)}, {verdict.cells} cells"
    if not verdict.findings:
        yield f"{store}: {files}: all whole"
        return
    yield f"{store}: {files}: {len(verdict.findings)} not in order"
    for path in verdict.moved:
        yield f"set aside: {seen_from(store, path)}"
    if verdict.moved:
        yield console.next_step("hpcmlff.resume", store)
    elif any(one.movable for one in verdict.findings):
        yield f"next: python -m hpcmlff.store verify --set-aside {shlex.quote(str(store))}"


def surplus_lines(found: Sequence[Surplus], root: Path, *, done: bool) -> Iterator[str]:
    """Say what a prune removes."""
    for one in found[:_MOST]:
        yield f"{one.kind}: {printable(seen_from(root, one.path))}"
    if len(found) > _MOST:
        yield f"and {len(found) - _MOST} more"
    verb = "removed" if done else "would remove"
    yield f"{verb} {len(found)} files, {amount(sum(one.size_bytes for one in found))}"


def plan_lines(plan: Plan, *, done: bool) -> Iterator[str]:
    """Say what a merge brings in."""
    verb = "brought in" if done else "would bring in"
    for one in plan.twice:
        yield f"warning: {printable(one.label)} {printable(one.what)}"
    if plan.leases:
        yield f"{verb}: {len(plan.leases)} leases of cells between sites"
    for molecule in plan.frames:
        yield f"{verb}: the frames of {molecule}"
    if plan.grid == "theirs":
        yield f"{verb}: the other store's grid, which goes further than this one's"
    elif plan.grid == "ours":
        yield "the other store's grid is another one; this store's stays in force"
    yield f"{verb}: {len(plan.bring)} cells; {plan.n_kept} are as far here, or further"


def usage_lines(found: Usage, store: Path) -> Iterator[str]:
    """Say where the bytes are that are not in cells."""
    for name, size in sorted(found.places.items()):
        yield f"{amount(size):>8}  {printable(name)}"
    yield f"{amount(found.total):>8}  in all"
    if found.prunable:
        yield f"prune would free {amount(found.prunable)}"
        yield console.next_step("hpcmlff.store prune", store)


def show_usage(found: Usage) -> None:
    """Print bytes by model and molecule."""
    used = [kind for kind in KINDS if any(kinds[kind] for kinds in found.cells.values())]
    rows = [
        (model, molecule, str(kinds["cells"]), *(amount(kinds[kind]) for kind in used))
        for (model, molecule), kinds in sorted(found.cells.items())
    ]
    if rows:
        show_table(("model", "molecule", "cells", *used), rows)


def export_lines(found: Exported) -> Iterator[str]:
    """Say what an export holds and how to go on."""
    for label, why in list(found.missing.items())[:_MOST]:
        yield f"not in it: {label}: {why}"
    if len(found.missing) > _MOST:
        yield f"and {len(found.missing) - _MOST} more, see /missing in the file"
    total = found.n_cells + len(found.missing)
    yield f"{found.path}: {found.n_cells} of {total} cells, {amount(found.size_bytes)}"
    read = f"h5py.File({str(found.path)!r})['index'][()]"
    yield f'next: python -c "import h5py; print({read})"'
