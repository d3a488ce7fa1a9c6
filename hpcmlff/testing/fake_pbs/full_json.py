"""``qstat -f -F json``: as cJSON prints, with variables that look like numbers retyped; pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from hpcmlff.testing.fake_pbs.attributes import Value

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
Plain = str | int | float | bool
"""What stands in no group."""


def document(facts: Mapping[str, str | int], group: str, members: Mapping[str, str]) -> str:
    """Return the whole answer.

    Parameters
    ----------
    facts
        What stands at its head.
    group
        ``Jobs``, ``Queue``, ``Server`` or ``nodes``.
    members
        What `member` printed, by name; the group is left out without any.
    """
    lines = [f'\t"{name}":\t{_word(value)}' for name, value in facts.items()]
    if members:
        inner = ",\n".join(f"\t\t{_string(name)}:\t{text}" for name, text in members.items())
        lines.append(f'\t"{group}":\t{{\n{inner}\n\t}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def member(values: Mapping[str, Value]) -> str:
    """Return one job, with the indentation it has in the answer."""
    return _block({name: _value(name, value) for name, value in values.items()}, "\t\t\t")


def _value(name: str, value: Value) -> str:
    if not isinstance(value, Mapping):
        return _word(value)
    if name == "Variable_List":
        return _block({key: _word(retyped(str(part))) for key, part in value.items()}, "\t\t\t\t")
    return _block({key: _word(part) for key, part in value.items()}, "\t\t\t\t")


def _block(members: Mapping[str, str], indent: str) -> str:
    lines = ",\n".join(f"{indent}{_string(name)}:\t{text}" for name, text in members.items())
    return f"{{\n{lines}\n{indent[:-1]}}}"


def retyped(text: str) -> Plain:
    """Return the value of a variable as OpenPBS writes it: ``007`` is 7, ``true`` is true."""
    if text in {"true", "false"}:
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text)
    return text.replace("\\", "\\\\").replace(",", "\\,")


def _word(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _string(value) if isinstance(value, str) else number(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """Return a number as cJSON prints it: shortly if that is exact."""
    if math.isinf(value):
        return "null"
    if value == int(value) and abs(value) < 2**31:
        return str(int(value))
    short = f"{value:1.15g}"
    return short if float(short) == float(value) else f"{value:1.17g}"
