"""Drawing figures into files; those that would come out the same are left as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.report.plot import Plot

SUFFIXES = (".png", ".svg")
"""Every figure is drawn as both."""

MARK = "hpcmlff:"
"""Put before the digest of what a figure was drawn from, near the beginning of its files."""

_HEAD_BYTES = 4096


def files_of(plot: Plot, folder: Path) -> list[Path]:
    """Return the files of a figure."""
    return [folder / f"{plot.stem}{suffix}" for suffix in SUFFIXES]


def write_plots(
    plots: Iterable[Plot], folder: Path, tell: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Draw figures, unless their files are there and were drawn from the same.

    The files hold no dates: the same input gives the same bytes.

    Parameters
    ----------
    plots
        The figures.
    folder
        Where they go; made if missing.
    tell
        Told of every figure that is drawn.

    Returns
    -------
    list of Path
        All files, drawn or left, in the order of the figures.

    Raises
    ------
    HpcmlffError
        A file cannot be written.
    """
    written: list[Path] = []
    for plot in plots:
        paths = files_of(plot, folder)
        if not all(_is_of(path, plot.digest) for path in paths):
            # Imported late: a run that draws nothing needs no matplotlib.
            from hpcmlff.report.saving import save

            tell(plot.stem)
            save(plot, paths, f"{MARK}{plot.digest}")
        written += paths
    return written


def _is_of(path: Path, digest: str) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return f"{MARK}{digest}".encode() in file.read(_HEAD_BYTES)
    return False
