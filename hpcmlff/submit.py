"""``python -m hpcmlff.submit grid.yaml``: train what the grid asks for and is not done yet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import console

_EXAMPLES = console.examples(
    "python -m hpcmlff.submit grid.yaml --dry-run        check everything, submit nothing",
    "python -m hpcmlff.submit grid.yaml --profile local --wait",
    "python -m hpcmlff.submit grid.yaml --retry-failed   failed cells as well",
    "python -m hpcmlff.status STORE                      how far it is",
    "python -m hpcmlff.collect STORE                     tables and plots",
)


@click.command(epilog=_EXAMPLES)
@click.argument("grid", type=click.Path(path_type=Path))
@click.option("--profile", default="local", show_default=True, help="Cluster profile, or a file.")
@click.option("--wait", "waiting", is_flag=True, help="Show progress until no cell is running.")
@click.option("--dry-run", is_flag=True, help="Check everything, submit nothing.")
@click.option("--retry-failed", is_flag=True, help="Submit failed cells as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON on stdout.")
def command(
    grid: Path, profile: str, *, waiting: bool, dry_run: bool, retry_failed: bool, as_json: bool
) -> int:
    """Submit the cells of GRID that are not done and that no job has.

    The grid, its data and its store are checked first; bad input is refused before
    anything is written. Submitting again is safe: finished cells are not retrained.
    """
    from hpcmlff.executors.choice import load_profile
    from hpcmlff.prepare.draft import draft, settle
    from hpcmlff.submission import Request, carry_out, check_resources, preview

    request = Request(
        profile=load_profile(profile), retry_failed=retry_failed, waiting=waiting, as_json=as_json
    )
    made = draft(grid, console.say)
    with made.document.locating():
        check_resources(request.profile, made.points, made.resources)
    if dry_run:
        return preview(made, request)
    store, frozen = settle(made, console.say)
    return carry_out(store, frozen, request)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.submit", argv)


if __name__ == "__main__":
    sys.exit(main())
