"""Reading what qstat prints: tables, full text and JSON; pure.

As printed by OpenPBS 23.06.06.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hpcmlff.executors.pbs_ids import JobId, read_id

Attributes = Mapping[str, str]
"""Attributes of a job, such as ``Resource_List.mem``, and their values as text."""

# The table cuts long ids, at or behind the server's name.
_ROW = re.compile(r"(?P<id>\d+(?:\[\d*\])?)\S*\s.*\s(?P<state>[A-Z])\s+\S+\s*")
_HEAD = re.compile(r"Job Id: (?P<id>\S+)")
_ATTRIBUTE = re.compile(r" {4}(?P<name>\w[\w.]*) = (?P<value>.*)")
_GONE = re.compile(
    r"qstat: (?:Unknown Job Id (?P<unknown>\S+)|(?P<ended>\S+) Job has finished)", re.M
)
_NO_HISTORY = "not configured to maintain job history"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How PBS has a job at the moment."""

    letter: str
    """``job_state``."""
    status: int | None
    """``Exit_status``; None if there is none."""
    substate: int | None
    """``substate``; None if there is none."""


def table_states(printed: str) -> dict[JobId, str]:
    """Return the letters in the table that ``qstat -t`` prints."""
    rows = (_ROW.fullmatch(line) for line in printed.splitlines())
    return {read_id(row["id"]): row["state"] for row in rows if row}


def gone(complaint: str) -> set[JobId]:
    """Return the jobs of which qstat complains that they are unknown or have finished."""
    found = (match["unknown"] or match["ended"] for match in _GONE.finditer(complaint))
    return {read_id(one) for one in found}


def keeps_no_history(complaint: str) -> bool:
    """Tell whether qstat complains about ``-x``: it has shown nothing then, not even what runs."""
    return _NO_HISTORY in complaint


def full_text(printed: str) -> dict[JobId, dict[str, str]]:
    """Return the jobs that ``qstat -f`` prints.

    Long values go on in lines that begin with a tab.
    """
    found: dict[JobId, dict[str, str]] = {}
    attributes: dict[str, str] = {}
    for line in printed.replace("\n\t", "").splitlines():
        if match := _HEAD.fullmatch(line):
            attributes = found.setdefault(read_id(match["id"]), {})
        elif match := _ATTRIBUTE.fullmatch(line):
            attributes[match["name"]] = match["value"]
    return found


def full_json(printed: str) -> dict[JobId, dict[str, str]]:
    """Return the jobs that ``qstat -f -F json`` prints; none if it is not JSON.

    Of several ids in one call it shows the first only, and it makes numbers of variables
    that look like some.
    """
    try:
        jobs = json.loads(printed).get("Jobs", {})
    except (ValueError, AttributeError):
        return {}
    return {read_id(name): dict(_flat(values)) for name, values in jobs.items()}


def ending(attributes: Attributes) -> Ending:
    """Return how a job stands by its attributes."""
    return Ending(
        letter=attributes.get("job_state", ""),
        status=_number(attributes.get("Exit_status")),
        substate=_number(attributes.get("substate")),
    )


def named(jobs: Mapping[JobId, Attributes], name: str) -> list[JobId]:
    """Return the jobs of a name; old versions cut names, but not variables."""
    return [
        job
        for job, attributes in jobs.items()
        if attributes.get("Job_Name") == name or name in _variables(attributes)
    ]


def _variables(attributes: Attributes) -> Iterable[str]:
    pairs = attributes.get("Variable_List", "").split(",")
    return (pair.partition("=")[2] for pair in pairs)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict) and name == "Variable_List":
            yield name, ",".join(f"{key}={one}" for key, one in value.items())
        elif isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", str(value)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d+", text) else None
