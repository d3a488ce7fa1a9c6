"""What shells are offered for arguments that are no files: profiles and cells.

Called at every press of a key, so nothing slow is imported, and no error is shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from hpcmlff.errors import HpcmlffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import click

    from hpcmlff.store.layout import Layout


def profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of profiles, and files."""
    del ctx, param
    from hpcmlff.executors.lookup import files_of_profiles

    names = dict.fromkeys(path.stem for path in files_of_profiles())
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return [_file(incomplete), *found]


def cells(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of a store's cells, part by part, and files where a store may be meant.

    Names are those of the grid as it was last submitted; the store is the one named before,
    or the only one around here.
    """
    del param
    before = _words(ctx)
    try:
        names = _names(before[0] if before else None)
    except (HpcmlffError, OSError, ValueError, KeyError, TypeError):
        names = []
    found = [CompletionItem(part) for part in next_parts(names, incomplete)]
    return found if before else [_file(incomplete), *found]


def _file(incomplete: str) -> CompletionItem:
    # It comes first: click's script for bash forgets what came before it.
    return CompletionItem(incomplete, type="file")


def next_parts(names: Iterable[str], incomplete: str) -> list[str]:
    """Return how names go on, up to the next slash at which they differ.

    Parameters
    ----------
    names
        Such as ``schnet/glycine/n200/s0``.
    incomplete
        What they begin with.
    """
    found = [name for name in names if name.startswith(incomplete)]
    depth = incomplete.count("/") + 1
    deepest = max((name.count("/") + 1 for name in found), default=0)
    while True:
        parts = list(dict.fromkeys(_first(name, depth) for name in found))
        # A single one would be followed by a space, as if nothing came after it.
        if len(parts) != 1 or depth >= deepest:
            return parts
        depth += 1


def _first(name: str, depth: int) -> str:
    parts = name.split("/")
    return "/".join(parts[:depth]) + ("/" if len(parts) > depth else "")


def _words(ctx: click.Context) -> Sequence[str]:
    given = ctx.params.get("words") or ctx.params.get("store") or ()
    return [str(given)] if isinstance(given, str | Path) else [str(one) for one in given]


def _names(store: str | None) -> list[str]:
    from hpcmlff.spec.cells import SHORT_ID

    layout = _store(store)
    newest = max(layout.grids.glob("r*.json"))
    digest = json.loads(newest.read_bytes())["cells"][:SHORT_ID]
    text = (layout.grids / f"cells-{digest}.jsonl").read_bytes()
    rows = (json.loads(line) for line in text.splitlines())
    labels = [(_label(cell), cell_id[:SHORT_ID]) for cell_id, _, cell in rows]
    seen: dict[str, int] = {}
    for label, _ in labels:
        seen[label] = seen.get(label, 0) + 1
    # Cells that differ in their settings need their ids.
    return [label if seen[label] == 1 else f"{label}-{short}" for label, short in labels]


def _label(cell: dict[str, object]) -> str:
    return f"{cell['model']}/{cell['molecule']}/n{cell['size']}/s{cell['seed']}"


def _store(given: str | None) -> Layout:
    from hpcmlff.store.layout import Layout

    if given is not None and Path(given).suffix not in {".yaml", ".yml"}:
        return Layout(Path(given))
    from hpcmlff.store.finding import find_store

    return find_store(None if given is None else Path(given)).layout
