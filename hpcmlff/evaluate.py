"""``python -m hpcmlff.evaluate``: the simulations that a grid asks for and that are missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import completing, console

_EXAMPLES = console.examples(
    "python -m hpcmlff.evaluate runs/study                 whatever the grid asks for",
    "python -m hpcmlff.evaluate runs/study sgdml/glycine   with some cells only",
    "python -m hpcmlff.evaluate runs/study --threads 4     on a node, or in a job of your own",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("cells", nargs=-1, shell_complete=completing.cells)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True,
              help="Threads of the numerical libraries.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summaries as JSON.")
def command(store: Path, cells: tuple[str, ...], *, threads: int, as_json: bool) -> int:
    """Run what the grid of STORE asks for under 'evaluate' with finished cells, or with CELLS.

    Jobs do it themselves once a cell is done, while they have time left. This command makes what
    is missing: of cells that were done before the grid asked for it, and of jobs that had to end.
    What is there is not made again.
    """
    from hpcmlff.simulating.evaluation import evaluate_all

    return evaluate_all(store, cells, threads, as_json=as_json)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.evaluate", argv)


if __name__ == "__main__":
    sys.exit(main())
