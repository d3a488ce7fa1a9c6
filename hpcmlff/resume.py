"""``python -m hpcmlff.resume``: go on with the cells that have stopped."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

_EXAMPLES = console.examples(
    "python -m hpcmlff.resume runs/study           go on from the checkpoints",
    "python -m hpcmlff.resume runs/study --wait    and stay until all is done",
    "python -m hpcmlff.resume grid.yaml --retry-failed",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", required=False, type=click.Path(path_type=Path))
@click.option(
    "--profile",
    shell_complete=completing.profiles,
    help="Cluster profile, or a file; else the cluster is recognised.",
)
@click.option("--wait", "waiting", is_flag=True, help="Show progress until no cell is running.")
@click.option("--retry-failed", is_flag=True, help="Submit failed cells as well.")
@click.option("--yes", is_flag=True, help="Do not ask before submitting.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON on stdout.")
def command(store: Path | None, profile: str | None, **given: bool) -> int:
    """Submit the stopped and pending cells of STORE (a folder or a grid file).

    Works from the grid frozen at the last submission; neither the grid file nor its
    data are needed. Cells go on from their newest checkpoint. Safe to run again.
    """
    from hpcmlff.executors.recognition import choose_profile
    from hpcmlff.finding import find_store
    from hpcmlff.submission import Request, carry_out

    found = find_store(store)
    request = Request(profile=choose_profile(profile, console.say), **given)
    return carry_out(found, found.current_grid(), request)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.resume", argv)


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())
