"""``python -m hpcmlff.md``: molecular dynamics with trained models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import completing, console

if TYPE_CHECKING:
    from hpcmlff.spec.dynamics import MdSettings

_EXAMPLES = console.examples(
    "python -m hpcmlff.md runs/study sgdml/glycine/n1000/s0      10 ps at constant energy",
    "python -m hpcmlff.md runs/study sgdml/glycine painn/glycine all finished ones of these",
    "python -m hpcmlff.md runs/study --all --thermostat langevin --time-ps 100",
    "python -m hpcmlff.md runs/study sgdml/glycine/n1000/s0 -o md.traj    for ASE; or md.xyz",
    "python -m hpcmlff.collect runs/study                        shows what came of them",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("cells", nargs=-1, shell_complete=completing.cells)
@click.option("--all", "every_cell", is_flag=True, help="All finished cells.")
@click.option("--thermostat", type=click.Choice(["nve", "langevin"]), default="nve",
              show_default=True, help="Constant energy, or Langevin dynamics.")  # fmt: skip
@click.option("--time-ps", type=float, default=10.0, show_default=True, help="Length.")
@click.option("--step-fs", type=float, default=0.5, show_default=True, help="Time step.")
@click.option("--temperature-k", "--temperature-K", type=float, default=300.0, show_default=True,
              help="Of equilibration and thermostat.")  # fmt: skip
@click.option("--friction", "friction_per_ps", type=float, default=10.0, show_default=True,
              help="Friction of Langevin dynamics, per ps.")  # fmt: skip
@click.option("--equilibration-ps", type=float, default=1.0, show_default=True,
              help="Langevin dynamics before the first frame; 0 for none.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of velocities and noise.")
@click.option("--every", type=int, default=10, show_default=True, help="Steps between frames.")
@click.option("--broken-factor", type=float, default=1.5, show_default=True,
              help="A bond so many times longer than its mean in the data is broken.")  # fmt: skip
@click.option("--frame", type=int, help="Frame of the data to start from, counted from 0; the one"
              " with the lowest energy if left out.")  # fmt: skip
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True,
              help="Threads of the numerical libraries.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path),
              help="Write the trajectory, too: .h5, or .traj, .xyz and so on of ASE.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace that file if it exists.")
@click.option("--no-plots", is_flag=True, help="Draw no figures.")
@click.option("--json", "as_json", is_flag=True, help="Print the summaries as JSON.")
def command(store: Path, cells: tuple[str, ...], *, every_cell: bool, **given: Any) -> int:
    """Run dynamics with the models of CELLS of STORE (a folder or a grid file).

    CELLS are names and patterns, such as sgdml/glycine or '*/glycine/n1000/s0', and conditions,
    such as size>=600; finished cells that fit are taken. The molecule starts from the frame of
    its data with the lowest energy. Energy drift, temperature and bonds that break are reported.

    What is done is kept in the store, beside the cell. A run that is stopped or killed goes on
    when the same command is given again, with the same bits; one that has ended is only shown.
    """
    from hpcmlff.simulating.dynamics import MdOrder, run_all

    if not cells and not every_cell:
        raise click.UsageError("Name cells, such as sgdml/glycine, or give --all.")
    order = MdOrder(
        settings=_settings(given),
        frame=given["frame"],
        threads=given["threads"],
        out=given["out"],
        force=given["force"],
        plots=not given["no_plots"],
    )
    return run_all(store, cells, order, as_json=given["as_json"])


def _settings(given: dict[str, Any]) -> MdSettings:
    from pydantic import ValidationError

    from hpcmlff.spec.dynamics import MdSettings

    chosen = {name: given[name] for name in MdSettings.model_fields}
    try:
        return MdSettings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else ""
        raise click.UsageError(f"{option} {first['msg']}".strip() + ".") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.md", argv)


if __name__ == "__main__":
    sys.exit(main())
