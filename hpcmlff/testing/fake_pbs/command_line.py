"""The command line of qsub and the directives of its script; pure."""

from __future__ import annotations

import getopt
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from hpcmlff.testing.fake_pbs.refusal import USAGE, RefusalError
from hpcmlff.testing.fake_pbs.resources import read_list

_OPTIONS = "a:A:c:C:e:fGhIj:J:k:l:m:M:N:o:p:P:q:r:R:S:u:v:VW:Xz"


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """What options and directives say, and what follows them."""

    options: dict[str, str]
    """Value of each option, by letter; later ones win."""
    resources: dict[str, str | None]
    """What all ``-l`` name."""
    extras: dict[str, str]
    """What all ``-W`` name."""
    operands: tuple[str, ...]
    """Script, or program and arguments."""
    direct: bool
    """Whether they stand behind ``--``."""


def read_arguments(arguments: list[str]) -> CommandLine:
    """Read arguments of `qsub`.

    Raises
    ------
    RefusalError
        An option does not exist or lacks its value.
    """
    try:
        found, operands = getopt.getopt(arguments, _OPTIONS)
    except getopt.GetoptError as error:
        words = "invalid option" if "not recognized" in error.msg else "option requires an argument"
        raise RefusalError(2, f"{words} -- '{error.opt}'\n{USAGE.rstrip()}") from None
    used = len(arguments) - len(operands)
    return CommandLine(
        options={flag[1:]: value for flag, value in found if flag not in {"-l", "-W"}},
        resources=_gather(value for flag, value in found if flag == "-l"),
        extras=_gather_extras(value for flag, value in found if flag == "-W"),
        operands=tuple(operands),
        direct=used > 0 and arguments[used - 1] == "--",
    )


def directives(script: str, prefix: str = "#PBS") -> list[str]:
    """Return the arguments that a script gives in its directives, up to its first command."""
    found: list[str] = []
    for line in script.splitlines():
        if line.startswith(prefix):
            found += _words(line[len(prefix) :])
        elif line.strip() and not line.lstrip().startswith(("#", ":")):
            break
    return found


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def combined(typed: CommandLine, in_script: CommandLine) -> CommandLine:
    """Return what counts: the command line wins over directives."""
    return CommandLine(
        options={**in_script.options, **typed.options},
        resources={**in_script.resources, **typed.resources},
        extras={**in_script.extras, **typed.extras},
        operands=typed.operands,
        direct=typed.direct,
    )


def _gather(values: Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for value in values:
        found |= read_list(value)
    return found


def _gather_extras(values: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, _, rest = value.partition("=")
        # The value of depend holds commas and colons of its own.
        if name == "depend":
            found[name] = rest
        else:
            found |= {key: given or "" for key, given in read_list(value).items()}
    return found
