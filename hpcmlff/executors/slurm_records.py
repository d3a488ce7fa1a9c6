"""Reading what ``scontrol show`` prints, and the values in it; pure.

Written after scontrol(1) and slurm.conf(5) of Slurm 22.05, and its output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Record = Mapping[str, str]
"""Name to value of one line of ``scontrol show ... -o``."""

_TIME = re.compile(r"(?:(?P<d>\d+)-)?(?:(?:(?P<h>\d+):)?(?P<m>\d+):)?(?P<s>\d+)")
_ABSENT = frozenset({"", "(null)", "N/A", "n/a", "NONE", "None", "none"})
_UNBOUNDED = frozenset({"UNLIMITED", "INFINITE"})


def records(printed: str) -> list[Record]:
    """Return the records of ``scontrol show partition -o`` or ``node -o``, one a line.

    Values may hold spaces; only a word with ``=`` begins a new one.
    """
    return [_record(line) for line in printed.splitlines() if "=" in line]


def settings(printed: str) -> dict[str, str]:
    """Return name and value of each line of ``scontrol show config``."""
    pairs = (line.partition("=") for line in printed.splitlines())
    return {name.strip(): value.strip() for name, sign, value in pairs if sign}


def present(value: str | None) -> str:
    """Return a value, empty where Slurm has one of its words for nothing."""
    return "" if value is None or value in _ABSENT else value


def words(value: str | None) -> tuple[str, ...]:
    """Return the words of a list with commas; none where Slurm says there are none."""
    return tuple(word for word in present(value).split(",") if word)


def allowed(value: str | None) -> tuple[str, ...] | None:
    """Return the names that a partition admits, or None if it admits all."""
    return None if present(value) in {"", "ALL"} else words(value)


def amount(value: str | None) -> int | None:
    """Return a whole number, also from ``30 sec``; None if there is none or no bound."""
    text = present(value).split()
    return int(text[0]) if text and text[0].isdigit() else None


def duration_s(value: str | None) -> int | None:
    """Return a limit in seconds; None if it has no bound or is not set.

    Slurm writes ``[days-][hours:]minutes:seconds``.
    """
    text = present(value)
    if text in _UNBOUNDED or not (match := _TIME.fullmatch(text)):
        return None
    days, hours, minutes, seconds = (int(match[unit] or 0) for unit in "dhms")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def gpus_by_kind(gres: str | None) -> dict[str, int]:
    """Return the GPUs of a node by their kind, which is empty where none is said.

    Such as ``gpu:a100:4(S:0-1)``, ``gpu:4``, ``gpu:a100:2,gpu:v100:2,shard:8``.
    """
    found: dict[str, int] = {}
    # Cores and sockets stand in parentheses and hold commas, too.
    plain = re.sub(r"\([^)]*\)", "", present(gres))
    for part in plain.split(","):
        fields = part.split(":")
        if fields[0] != "gpu":
            continue
        number = int(fields[-1]) if fields[-1].isdigit() else 1
        kind = fields[1] if len(fields) > 1 and not fields[1].isdigit() else ""
        found[kind] = found.get(kind, 0) + number
    return found


def _record(line: str) -> Record:
    result: dict[str, str] = {}
    name = ""
    for word in line.split():
        before, sign, after = word.partition("=")
        if sign and before.isidentifier():
            name = before
            result[name] = after
        elif name:
            result[name] += f" {word}"
    return result
