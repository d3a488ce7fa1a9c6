"""``python -m hpcmlff.cancel``: stop the jobs of a store; cells keep their checkpoints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import console
from hpcmlff.api.calling import make_callable

_EXAMPLES = console.examples(
    "python -m hpcmlff.cancel runs/study",
    "python -m hpcmlff.resume runs/study    goes on later",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the cancelled jobs as JSON.")
def command(store: Path | None, *, as_json: bool) -> int:
    """Ask every job of STORE (a folder or a grid file) to stop.

    Running cells commit a checkpoint first; `resume` goes on from there.
    """
    from hpcmlff.finding import find_store
    from hpcmlff.jobs import cancel_all

    found = find_store(store)
    jobs = cancel_all(found)
    if as_json:
        console.emit_json({"store": str(found.path), "cancelled": jobs})
    else:
        console.say(f"asked {len(jobs)} jobs to stop" if jobs else "no job is running")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.cancel", argv)


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())
