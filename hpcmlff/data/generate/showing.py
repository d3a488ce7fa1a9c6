"""Progress for people: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hpcmlff import console


@contextmanager
def showing(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on stderr while the body runs.

    Parameters
    ----------
    title
        What is being made.

    Yields
    ------
    Callable
        To be told the number done and the number in all.
    """
    screen = console.terminal(stderr=True)
    if not screen.is_terminal:
        yield _plain(title)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=screen) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain(title: str) -> Callable[[int, int], None]:
    shown = -1

    def report(done: int, total: int) -> None:
        nonlocal shown
        if (tenth := 10 * done // total) > shown:
            shown = tenth
            console.say(f"{title}: {done} of {total} frames")

    return report
