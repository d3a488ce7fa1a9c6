"""Option values that qsub itself checks; pure."""

from __future__ import annotations

import re
import string
import time

from hpcmlff.testing.fake_pbs.command_line import CommandLine
from hpcmlff.testing.fake_pbs.refusal import (
    BAD_USER,
    NO_ATTRIBUTE,
    USAGE,
    RefusalError,
    wrong_option,
)

_NAME = frozenset(string.ascii_letters + string.digits + "-_+.")
_LONGEST_NAME = 230
_ARRAY = re.compile(r"(\d+)-(\d+)(?::(\d+))?(?:%(\d+))?")
_EXTRAS = {"depend", "umask", "block", "sandbox", "group_list", "run_count", "stagein", "stageout"}


def check(line: CommandLine, user: str) -> None:
    """Check option values as `qsub` does before it asks the server.

    Raises
    ------
    RefusalError
        One is wrong; the usage is printed under it.
    """
    _check_name(line.options.get("N", "STDIN"))
    for option, fine in _values(line).items():
        if not fine:
            raise wrong_option(option)
    if "J" in line.options and line.options.get("r") == "n":
        raise RefusalError(2, f" cannot submit non-rerunable Array Job\n{USAGE.rstrip()}")
    if set(line.extras) - _EXTRAS:
        raise RefusalError(NO_ATTRIBUTE, "Error (15002) submitting job")
    if line.options.get("u", user).partition("@")[0] != user:
        raise RefusalError(BAD_USER, "Bad UID for job execution")


def _check_name(name: str) -> None:
    if set(name) - _NAME:
        raise wrong_option("N")
    if len(name) > _LONGEST_NAME:
        raise RefusalError(2, "Job name is too long ")


def _values(line: CommandLine) -> dict[str, bool]:
    """Tell for each option that takes certain values whether it has one of them."""
    get = line.options.get
    return {
        "j": get("j", "n") in {"oe", "eo", "n"},
        "r": get("r", "y") in {"y", "n"},
        "k": get("k", "n") == "n" or not set(get("k", "n")) - set("oed"),
        "m": get("m", "n") == "n" or not set(get("m", "n")) - set("abej"),
        "p": _is_priority(get("p", "0")),
        "a": "a" not in line.options or read_moment(get("a", "")) is not None,
        "J": "J" not in line.options or _is_range(get("J", "")),
        "W": re.fullmatch("[0-7]+", line.extras.get("umask", "077")) is not None,
    }


def _is_priority(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None and -1024 <= int(text) <= 1023


def _is_range(text: str) -> bool:
    match = _ARRAY.fullmatch(text)
    return match is not None and int(match[1]) < int(match[2]) and match[3] != "0"


def read_indices(text: str) -> tuple[tuple[int, ...], int | None]:
    """Return the indices that ``X-Y[:Z][%N]`` names, and N."""
    match = _ARRAY.fullmatch(text)
    if match is None:
        return (), None
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    return tuple(range(first, last + 1, step)), int(match[4]) if match[4] else None


def read_moment(text: str) -> float | None:
    """Return the time that ``[[CC]YY]MMDDhhmm[.SS]`` names, of qsub(1B); MM may not be left off."""
    for form, head in (("%Y%m%d%H%M", ""), ("%y%m%d%H%M", ""), ("%Y%m%d%H%M", time.strftime("%Y"))):
        try:
            return time.mktime(time.strptime(head + text.partition(".")[0], form))
        except ValueError:
            continue
    return None
