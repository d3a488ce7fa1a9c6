"""``python -m hpcmlff.profiles``: list, show, check and write cluster profiles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import console

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True, writable=True)


@click.group(
    epilog=console.examples(
        "python -m hpcmlff.profiles list                   which there are, and where",
        "python -m hpcmlff.profiles detect -o cluster_profiles/mine.yaml",
        "python -m hpcmlff.profiles check mine             compare it with the cluster",
    )
)
def command() -> None:
    """Look at cluster profiles, compare one with its cluster, or write a first one."""


@command.command(
    name="list",
    epilog=console.examples(
        "python -m hpcmlff.profiles list",
        "HPCMLFF_PROFILES=/shared/profiles python -m hpcmlff.profiles list --json",
    ),
)
@_JSON
def list_(*, as_json: bool) -> int:
    """List the profiles: name, scheduler, whether this machine is recognised, file.

    They are looked for in ./cluster_profiles, the folders of $HPCMLFF_PROFILES,
    ~/.config/hpcmlff/profiles, and among those that come with hpcmlff.
    """
    from hpcmlff.executors.lookup import available
    from hpcmlff.executors.recognition import this_machine
    from hpcmlff.profiles.listing import rows, table

    listed = rows(available(), this_machine())
    if as_json:
        console.emit_json(listed)
    else:
        click.echo("\n".join(table(listed)))
    return 0


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.profiles show vega",
        "python -m hpcmlff.profiles show cluster_profiles/mine.yaml --json",
    )
)
@click.argument("name")
@_JSON
def show(name: str, *, as_json: bool) -> int:
    """Print the profile NAME (or a file) with the defaults of what it leaves out."""
    from hpcmlff.executors.lookup import find_profile, read_profile
    from hpcmlff.profiles.listing import as_yaml, resolved

    path = find_profile(name)
    profile = read_profile(path)
    if as_json:
        console.emit_json({"path": str(path), "profile": resolved(profile)})
    else:
        click.echo(as_yaml(profile, path), nl=False)
    return 0


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.profiles check mine",
        "python -m hpcmlff.profiles check mine --no-job        ask the scheduler only",
        "python -m hpcmlff.profiles check mine --folder /shared/me --wait 600",
    )
)
@click.argument("name")
@click.option("--no-job", is_flag=True, help="Send no probe job.")
@click.option(
    "--folder",
    type=_FOLDER,
    default=".",
    help="Shared folder for the probe job's files, which are removed; the current one.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=1),
    default=120.0,
    show_default=True,
    help="Longest wait for the probe job's start, seconds.",
)
@_JSON
def check(name: str, folder: Path, *, wait_s: float, no_job: bool, as_json: bool) -> int:
    """Compare the profile NAME with the cluster it stands on; 0 if it fits, else 1.

    Asks the scheduler for its limits, and sends a job of one core that tells whether
    Python starts on the node, signals reach it, and it may requeue itself.
    """
    from hpcmlff.profiles.check import Check, check_profile

    how = Check(folder=folder, wait_s=wait_s, with_job=not no_job, say=console.say)
    verdict = check_profile(name, how)
    if as_json:
        console.emit_json(verdict.as_json())
    else:
        click.echo("\n".join(verdict.lines()))
    return verdict.exit_code


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.profiles detect",
        "python -m hpcmlff.profiles detect -o cluster_profiles/mine.yaml",
    )
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file to write.")
def detect(output: Path | None) -> int:
    """Write a first profile from what the scheduler of this machine says."""
    if output and output.suffix != ".yaml":
        raise click.UsageError(f"a profile is found by its ending: {output}.yaml")
    from hpcmlff.profiles.first import first_profile, write_new

    text = first_profile(output)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_new(output, text)
        console.say(f"wrote {output}; next: python -m hpcmlff.profiles check {output}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return console.run(command, "hpcmlff.profiles", argv)


if __name__ == "__main__":
    sys.exit(main())
