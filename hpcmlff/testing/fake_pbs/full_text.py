"""``qstat -f`` as text: long values are broken as OpenPBS's ``prt_attr`` breaks them; pure."""

from __future__ import annotations

from collections.abc import Mapping

from hpcmlff.testing.fake_pbs.attributes import Value

_LONGEST_WHOLE = 80
"""Column up to which a part stays on its line."""

_LONGEST_BROKEN = 79
"""Column after which a part is broken that fits on no line; a tab counts as 8."""


def full_text(
    job_id: str, values: dict[str, Value], head: str = "Job Id: ", wide: bool = False
) -> str:
    """Return a job, a queue or the server with all attributes."""
    lines = [f"{head}{job_id}\n"]
    for name, value in values.items():
        if isinstance(value, Mapping) and name != "Variable_List":
            for key, part in value.items():
                lines.append(_attribute(f"{name}.{key}", str(part), wide))
        else:
            lines.append(_attribute(name, flat(value), wide))
    return "".join([*lines, "\n"])


def flat(value: Value) -> str:
    """Return a value in one line; variables with commas and backslashes escaped."""
    if not isinstance(value, Mapping):
        return str(value)
    return ",".join(f"{name}={escaped(str(part))}" for name, part in value.items())


def escaped(text: str) -> str:
    """Return a variable's value as PBS keeps it."""
    return text.replace("\\", "\\\\").replace(",", "\\,")


def _attribute(name: str, value: str, wide: bool) -> str:
    head = f"    {name} = "
    return f"{head}{value if wide else _broken(value, len(head))}\n"


def _broken(value: str, column: int) -> str:
    """Break at commas where a part still fits on a line of its own, else anywhere."""
    text = ""
    for number, part in enumerate(value.split(",")):
        piece = part if number == 0 else f",{part}"
        if column + len(piece) <= _LONGEST_WHOLE:
            text, column = text + piece, column + len(piece)
            continue
        if number:
            text, piece, column = f"{text},\n\t", part, 8
        for letter in piece:
            if column >= _LONGEST_BROKEN:
                text, column = f"{text}\n\t", 8
            text, column = text + letter, column + 1
    return text
