"""``hpcmlff``: all commands under one name, with completion for shells.

``hpcmlff submit grid.yaml`` and ``python -m hpcmlff.submit grid.yaml`` are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from hpcmlff import console

_MODULES = {
    "submit": "hpcmlff.submit",
    "status": "hpcmlff.status",
    "show": "hpcmlff.show",
    "logs": "hpcmlff.logs",
    "resume": "hpcmlff.resume",
    "retry": "hpcmlff.retry",
    "cancel": "hpcmlff.cancel",
    "collect": "hpcmlff.collect",
    "export": "hpcmlff.export",
    "lease": "hpcmlff.lease",
    "evaluate": "hpcmlff.evaluate",
    "md": "hpcmlff.md",
    "scan": "hpcmlff.scan",
    "data": "hpcmlff.data.__main__",
    "profiles": "hpcmlff.profiles.__main__",
    "store": "hpcmlff.store.__main__",
}
"""Command to the module that has it, in the order in which they are needed."""

_PROGRAM, _VARIABLE = "hpcmlff", "_HPCMLFF_COMPLETE"
"""Name of the program, and the variable by which click tells that a shell is asking."""


class _Commands(click.Group):
    """Commands whose modules are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_MODULES, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(_MODULES[cmd_name]).command
        return found


@click.command(
    cls=_Commands,
    epilog=console.examples(
        "hpcmlff submit grid.yaml --dry-run      as python -m hpcmlff.submit grid.yaml --dry-run",
        "hpcmlff status runs/study",
        'eval "$(hpcmlff completion bash)"       completion in this shell',
    ),
)
def command() -> None:
    """Machine-learned force-field experiments on HPC clusters: one grid.yaml in, curves out."""


@command.command(
    epilog=console.examples(
        "hpcmlff completion bash >> ~/.bashrc",
        "hpcmlff completion zsh >> ~/.zshrc",
        "hpcmlff completion fish > ~/.config/fish/completions/hpcmlff.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what makes SHELL complete commands, options, files, profiles and cells.

    The lines stay right when hpcmlff is updated: they ask `hpcmlff` itself.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    # Not by its `source`: that starts the shell to ask for its version, which may not be here.
    asking = found(command, {}, _PROGRAM, _VARIABLE)
    click.echo(asking.source_template % asking.source_vars())
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    return console.run(command, _PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
