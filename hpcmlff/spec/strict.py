"""The base of every pydantic model that describes a file from outside."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer


class Strict(BaseModel):
    """Unknown keys are errors, types are not converted, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_CLOCK = re.compile(r"(?:(?P<d>\d+)-)?(?P<h>\d+):(?P<m>[0-5]\d):(?P<s>[0-5]\d)")
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[smhd])")


def seconds(text: Any) -> Any:
    """Turn ``"48h"``, ``"90m"``, ``"30s"``, ``"2d"`` or ``"1-12:00:00"`` into whole seconds.

    Raises
    ------
    ValueError
        The text is not a duration, or is a bare number, whose unit would be a guess.
    """
    if not isinstance(text, str):
        raise ValueError("a duration needs its unit, such as 48h, 90m, 30s or 1-12:00:00")
    if match := _AMOUNT.fullmatch(text.strip()):
        return round(float(match["number"]) * _UNIT_S[match["unit"]])
    if match := _CLOCK.fullmatch(text.strip()):
        return sum(int(match[unit] or 0) * _UNIT_S[unit] for unit in "dhms")
    raise ValueError(f"{text!r} is not a duration such as 48h, 90m, 30s or 1-12:00:00")


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("a duration must be longer than nothing")
    return value


Seconds = Annotated[
    int,
    BeforeValidator(seconds),
    AfterValidator(_positive),
    PlainSerializer(lambda value: f"{value}s", return_type=str),
]
"""A duration, written with its unit and held in seconds."""

AUTO: Literal["auto"] = "auto"
"""What stands where the library is to choose."""


def _seconds_or_auto(given: Any) -> Any:
    if given == AUTO:
        return given
    try:
        return _positive(seconds(given))
    except ValueError as error:
        raise ValueError(f"{error}; or write auto") from None


SecondsOrAuto = Annotated[
    int | Literal["auto"],
    BeforeValidator(_seconds_or_auto),
    # A union's own serialiser would take the first of its kinds that does not complain.
    PlainSerializer(lambda value: value if value == AUTO else f"{value}s", return_type=str),
]
"""A duration as in `Seconds`, or the word ``auto``."""


def _gib_or_auto(given: Any) -> Any:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if given == AUTO or (is_number and 0 < given < math.inf):
        return given
    raise ValueError("memory is a positive number of GiB, such as 8, or the word auto")


GibOrAuto = Annotated[float | Literal["auto"], BeforeValidator(_gib_or_auto)]
"""Memory in GiB, or the word ``auto``."""
