"""``python -m hpcmlff.scan``: trained models along an angle or a dihedral, beside the reference."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import completing, console

if TYPE_CHECKING:
    from hpcmlff.simulating.scans import ScanOrder
    from hpcmlff.spec.grid import Units
    from hpcmlff.spec.scan import ScanRequest

_EXAMPLES = console.examples(
    "python -m hpcmlff.scan runs/study --all --path rotation     azobenzene, trans to cis",
    "python -m hpcmlff.scan runs/study sgdml painn --path inversion --points 20",
    "python -m hpcmlff.scan runs/study sgdml --dihedral 1 2 4 9 --from 180 --to 0",
    "python -m hpcmlff.scan runs/study sgdml --dihedral 1 2 4 9 --reference scan.xyz \\",
    "    --energy-unit kcal/mol --length-unit angstrom           frames of any other method",
    "python -m hpcmlff.collect runs/study                        shows what came of them",
)

_GIVEN = ("first_deg", "last_deg", "points", "charge")


@click.command(epilog=_EXAMPLES)
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("cells", nargs=-1, shell_complete=completing.cells)
@click.option("--all", "every_cell", is_flag=True, help="All finished cells.")
@click.option(
    "--path",
    "bridge",
    type=click.Choice(["rotation", "inversion"]),
    default=None,
    help="Of a bridge C-N-N-C, as azobenzene's: its dihedral, or its first angle.",
)
@click.option("--dihedral", type=int, nargs=4, metavar="I J K L", help="Four atoms, from 0.")
@click.option("--angle", type=int, nargs=3, metavar="I J K", help="Three atoms, from 0.")
@click.option("--from", "first_deg", type=float, help="Where it begins, degrees.")
@click.option("--to", "last_deg", type=float, help="Where it ends, degrees.")
@click.option("--points", type=int, default=37, show_default=True, help="Geometries.")
@click.option("--rigid", is_flag=True, help="Relax nothing else.")
@click.option("--charge", type=int, default=0, show_default=True, help="Of the molecule.")
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    help="A file of frames along the coordinate, with their energies and forces.",
)
@click.option("--energy-unit", help="Of that file, if it does not state it.")
@click.option("--length-unit", help="Of that file, if it does not state it.")
@click.option(
    "--frame",
    type=int,
    help="Frame of the data to start from, counted from 0; the one"
    " with the lowest energy if left out.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Threads of the numerical libraries.",
)
@click.option("--no-plots", is_flag=True, help="Draw no figures.")
@click.option("--json", "as_json", is_flag=True, help="Print the summaries as JSON.")
def command(store: Path, cells: tuple[str, ...], *, every_cell: bool, **given: Any) -> int:
    """Scan one coordinate with the models of CELLS of STORE (a folder or a grid file).

    CELLS are names and patterns, such as sgdml/azobenzene or '*/azobenzene/n1000/s0', and
    conditions, such as size>=600; finished cells that fit are taken. From the frame of the data
    with the lowest energy on, the coordinate is driven and everything else relaxed by the method
    that made the data (GFN2-xTB; others give a file with --reference). All models are asked for
    the energies of the same geometries.

    Geometries are kept in the store and made once; a scan that is stopped or killed goes on.
    """
    from hpcmlff.simulating.scans import scan_all

    if not cells and not every_cell:
        raise click.UsageError("Name cells, such as sgdml/azobenzene, or give --all.")
    return scan_all(store, cells, _order(given), as_json=given["as_json"])


def _order(given: dict[str, Any]) -> ScanOrder:
    from hpcmlff.simulating.scans import ScanOrder

    return ScanOrder(
        request=_request(given),
        reference=given["reference"],
        units=_units(given["energy_unit"], given["length_unit"]),
        frame=given["frame"],
        threads=given["threads"],
        plots=not given["no_plots"],
    )


def _request(given: dict[str, Any]) -> ScanRequest:
    from pydantic import ValidationError

    from hpcmlff.spec.scan import ScanRequest

    named = [name for name in ("bridge", "dihedral", "angle") if given[name]]
    if len(named) != 1:
        raise click.UsageError("Name one coordinate by --path, --dihedral or --angle.")
    settings = {name: given[name] for name in _GIVEN if given[name] is not None}
    if given["reference"] is not None:
        # The geometries are the file's, and these ends are looked at by nobody.
        settings = {"first_deg": 1.0, "last_deg": 2.0} | settings
    elif not given["bridge"] and not {"first_deg", "last_deg"} <= set(settings):
        raise click.UsageError("Give the ends of the scan by --from and --to.")
    atoms = None if given["bridge"] else list(given[named[0]])
    try:
        return ScanRequest(
            path=given["bridge"], atoms=atoms, relaxed=not given["rigid"], **settings
        )
    except ValidationError as error:
        raise click.UsageError(f"{error.errors()[0]['msg']}.") from None


def _units(energy: str | None, length: str | None) -> Units | None:
    from hpcmlff.spec.grid import Units

    if energy is None and length is None:
        return None
    if energy is None or length is None:
        raise click.UsageError("Give both --energy-unit and --length-unit.")
    return Units(energy=energy, length=length)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.scan", argv)


if __name__ == "__main__":
    sys.exit(main())
