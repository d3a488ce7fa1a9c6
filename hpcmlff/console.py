"""What all commands share: the way they end, and where they print."""

from __future__ import annotations

import errno
import shlex
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from hpcmlff.errors import EXIT_BUG, EXIT_CODES, EXIT_INTERRUPTED, HpcmlffError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE}
    | {errno.EACCES, errno.EPERM, errno.EROFS}
)
"""What a disk, a quota or permissions refuse; no bug of ours."""


def run(command: click.Command, module: str, argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    An expected error prints one message; only a bug prints a traceback.

    Parameters
    ----------
    command
        A click command whose function returns an exit code.
    module
        Name of the module users start, for the usage line; ``hpcmlff`` is a program.
    argv
        Arguments without the program's name; those of the process if left out.

    Returns
    -------
    int
        See `hpcmlff.errors` for the codes.
    """
    try:
        code = command.main(
            None if argv is None else list(argv),
            prog_name=module if module == "hpcmlff" else f"python -m {module}",
            standalone_mode=False,
        )
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HpcmlffError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place where bugs end
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in _MACHINE:
        click.echo(f"error: {error}", err=True)
        return StoreError.exit_code
    traceback.print_exception(error)
    click.echo("error: this is a bug in hpcmlff; please report the lines above", err=True)
    return EXIT_BUG


def examples(*lines: str) -> str:
    """Return the epilog of a command's help: these example lines, and the exit codes."""
    codes = [f"{code:>3}  {meaning}" for code, meaning in EXIT_CODES.items()]
    return f"{_block('Examples', lines)}\n\n{_block('Exit codes', codes)}"


def _block(title: str, lines: Sequence[str]) -> str:
    # Click leaves a paragraph that begins like this as it is.
    return f"\b\n{title}:\n" + "\n".join(f"  {line}" for line in lines)


def next_step(module: str, store: Path, *words: str) -> str:
    """Return the line that says what to type next, quoted for the shell."""
    return f"next: python -m {module} {shlex.join([str(store), *words])}"


def say(text: str) -> None:
    """Print a line for people on stderr, so that stdout stays clean for scripts."""
    click.echo(text, err=True)


def emit_json(value: Any) -> None:
    """Print plain data as JSON on stdout; NaN and infinity become null."""
    # Many times faster than json with its own indentation, which matters for 10,000 cells.
    from pydantic_core import to_json

    click.echo(to_json(value, indent=2, inf_nan_mode="null"))


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask whether to go on, if somebody is there to answer and has not said so already."""
    return not asks(yes=yes) or click.confirm(question, err=True)


def asks(*, yes: bool) -> bool:
    """Tell whether `confirmed` would ask."""
    return not yes and sys.stdin.isatty() and sys.stderr.isatty()


def terminal(*, stderr: bool = False) -> Console:
    """Return rich's console: colours and live redrawing on a terminal only."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def brief(seconds: float) -> str:
    """Return a time in at most seven letters: ``42 s``, ``13 min``, ``2.2 h``, ``12 d``."""
    for size_s, unit in ((86400, "d"), (3600, "h")):
        if seconds >= 2 * size_s:
            number = seconds / size_s
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds:.0f} s"


def plural(number: int, noun: str) -> str:
    """Return ``1 cell``, ``1,000 cells``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a time in words: ``42 s``, ``3 min 05 s``, ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def gib(size_gb: float) -> str:
    """Return an amount of memory or disk in words: ``6 MiB``, ``2.5 GiB``, ``1,024 GiB``."""
    if size_gb < 0.1:
        return f"{1024 * size_gb:.0f} MiB"
    return f"{size_gb:.1f} GiB" if size_gb < 100 else f"{size_gb:,.0f} GiB"


def hours(number: float) -> str:
    """Return core- or GPU-hours in short: ``0``, ``<0.01``, ``0.42``, ``1,234``."""
    if 0 < number < 0.01:
        return "<0.01"
    return f"{number:,.0f}" if number >= 10 or number == 0 else f"{number:.2g}"


def wrapped(text: str, width: int = 80) -> str:
    """Break lines for narrow terminals; what follows is indented by four more than the first."""
    from textwrap import fill

    def broken(line: str) -> str:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        return fill(
            line,
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    return "\n".join(broken(line) for line in text.splitlines())
