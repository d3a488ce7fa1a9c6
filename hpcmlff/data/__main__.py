"""``python -m hpcmlff.data``: look at a file of frames, or make one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from hpcmlff import console

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    epilog=console.examples(
        "python -m hpcmlff.data inspect Glycine.xyz --energy-unit kcal/mol --length-unit angstrom",
        "python -m hpcmlff.data generate glycine --frames 1000 --seed 1 -o glycine.xyz",
    )
)
def command() -> None:
    """Look at a file of frames, or make one."""


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.data inspect train.npz --energy-unit eV --length-unit angstrom",
        "python -m hpcmlff.data inspect frames.db --json",
    )
)
@click.argument("file", type=FILE)
@click.option("--format", "format_", help="published-xyz, extxyz, npz or ase-db; told if left out.")
@click.option("--energy-unit", help="Such as kcal/mol, eV, Hartree; needed unless the file says.")
@click.option("--length-unit", help="angstrom, bohr or nm; needed unless the file says.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
def inspect(
    file: Path,
    format_: str | None,
    energy_unit: str | None,
    length_unit: str | None,
    as_json: bool,
) -> int:
    """Show what FILE holds and whether it is plausible; exit code 3 if it is not."""
    if bool(energy_unit) != bool(length_unit):
        raise click.UsageError("give both --energy-unit and --length-unit, or neither")
    from hpcmlff.data.inspection import inspect_file, show

    units = (energy_unit, length_unit) if energy_unit and length_unit else None
    found = inspect_file(file, format_, units)
    if as_json:
        console.emit_json(found.as_json())
    else:
        show(found)
    return found.exit_code


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.data generate azobenzene --path rotation --frames 2000 -o rotation.xyz",
        "python -m hpcmlff.data generate ethanol --smiles CCO --frames 1000 -o ethanol.xyz",
    )
)
@click.argument("name")
@click.option(
    "--path",
    type=click.Choice(["md", "rotation", "inversion"]),
    default="md",
    show_default=True,
    help="Free dynamics, or azobenzene's bridge driven.",
)
@click.option("--frames", type=click.IntRange(min=1), required=True, help="Number of frames.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Chooses velocities and thermal noise.",
)
@click.option("-o", "--output", type=FILE, required=True, help="The xyz file to write.")
@click.option("--smiles", help="Structure of a molecule that is not built in.")
@click.option("--force", is_flag=True, help="Replace a finished file.")
def generate(name: str, output: Path, *, force: bool, **fields: Any) -> int:
    """Make frames of NAME with GFN2-xTB: glycine, azobenzene, or any with --smiles.

    A run that was stopped goes on when the same command is given again.
    """
    from hpcmlff.data.generate.run import generate_frames
    from hpcmlff.data.generate.showing import showing
    from hpcmlff.spec.grid import Generate

    spec = Generate.model_validate({"molecule": name, **fields})
    with showing(f"{name} ({spec.path})") as report:
        generate_frames(spec, output, report, overwrite=force)
    console.say(f"{output}: {spec.frames} frames, kcal/mol and angstrom, GFN2-xTB")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return console.run(command, "hpcmlff.data", argv)


if __name__ == "__main__":
    sys.exit(main())
