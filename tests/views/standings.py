"""Cells that stand where a test wants them, and what is shown of them."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from hpcmlff.reconcile import Standing
from hpcmlff.spec.cells import Cell
from hpcmlff.views.marks import MARKS

_STATES = {mark: state for state, mark in MARKS.items()}


def cell(
    model: str, molecule: str, size: int, seed: int, settings: Mapping[str, Any] | None = None
) -> Cell:
    return Cell(
        model=model,
        molecule=molecule,
        size=size,
        seed=seed,
        settings=settings or {},
        dataset="d" * 64,
        split="s" * 64,
        trainer_version=1,
    )


def at(one: Cell, mark: str, **facts: Any) -> Standing:
    return Standing(cell=one, state=_STATES[mark], **facts)


def row(
    model: str, molecule: str, settings: Mapping[str, Any] | None = None, **sizes: str
) -> list[Standing]:
    """Return cells of sizes such as ``n200="##X"``: the mark of each seed; a blank is no cell."""
    return [
        at(cell(model, molecule, int(size[1:]), seed, settings), mark)
        for size, marks in sizes.items()
        for seed, mark in enumerate(marks)
        if mark != " "
    ]


def drawn(what: RenderableType, width: int = 80, **terminal: Any) -> str:
    """Return what is printed, without blanks at the ends of lines and lines below headings."""
    console = Console(file=StringIO(), width=width, highlight=False, **terminal)
    console.print(what)
    assert isinstance(console.file, StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    return "\n".join(line for line in lines if set(line) != {"─"})


def assert_plain(text: str, width: int = 80) -> None:
    """Assert that a terminal of this width without colours shows it as it is."""
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
