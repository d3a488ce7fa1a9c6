"""``python -m hpcmlff.submit grid.yaml``: train what the grid asks for and is not done yet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from hpcmlff.prepare.draft import Draft
    from hpcmlff.submission import Request

_EXAMPLES = console.examples(
    "python -m hpcmlff.submit grid.yaml --dry-run        the plan, and no jobs",
    "python -m hpcmlff.submit grid.yaml --profile local --wait",
    "python -m hpcmlff.submit grid.yaml --retry-failed   failed cells as well",
    "python -m hpcmlff.status STORE                      how far it is",
    "python -m hpcmlff.collect STORE                     tables and plots",
)


@click.command(epilog=_EXAMPLES)
@click.argument("grid", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    shell_complete=completing.profiles,
    help="Cluster profile, or a file; else the cluster is recognised.",
)
@click.option("--wait", "waiting", is_flag=True, help="Show progress until no cell is running.")
@click.option("--dry-run", is_flag=True, help="Show what would be submitted and what it takes.")
@click.option("--retry-failed", is_flag=True, help="Submit failed cells as well.")
@click.option("--yes", is_flag=True, help="Do not ask before submitting.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON on stdout.")
def command(grid: Path, profile: str | None, *, dry_run: bool, **given: bool) -> int:
    """Submit the cells of GRID that are not done and that no job has.

    The grid, its data and its store are checked first; bad input is refused before
    anything is written. Submitting again is safe: finished cells are not retrained.

    --dry-run writes and submits nothing. It prints the scripts on stdout, and the plan: cells
    by state, jobs, what cells of each kind are expected to take, whether that is known from
    finished cells, from rates measured here or by default, and what will not fit.
    """
    from hpcmlff.checking import check_resources
    from hpcmlff.executors.recognition import choose_profile
    from hpcmlff.prepare.draft import draft, settle
    from hpcmlff.submission import Request, carry_out

    request = Request(profile=choose_profile(profile, console.say), **given)
    made = draft(grid, console.say)
    if dry_run:
        return _preview(made, request, profile)
    with made.document.locating():
        check_resources(made, request.profile, retry_failed=request.retry_failed)
    store, frozen = settle(made, console.say)
    return carry_out(store, frozen, request)


def _preview(made: Draft, request: Request, profile: str | None) -> int:
    """Show the plan; end with the error that a submission would end with."""
    from hpcmlff.checking import check_resources
    from hpcmlff.planning.plan import make_plan
    from hpcmlff.planning.preview import show_plan

    plan = make_plan(made, request.profile, retry_failed=request.retry_failed)
    if request.as_json:
        console.emit_json(plan.as_json())
    else:
        click.echo("".join(f"{text}\n" for text in plan.scripts), nl=False)
    options = ["--profile", profile] if profile else []
    options += ["--retry-failed"] if request.retry_failed else []
    show_plan(plan, [str(made.document.path), *options])
    if plan.proposal.refusal is not None:
        with made.document.locating():
            check_resources(made, request.profile, retry_failed=request.retry_failed)
            raise plan.proposal.refusal
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.submit", argv)


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())
