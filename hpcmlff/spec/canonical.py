"""Identity is content: canonical JSON, its SHA-256, and random seeds drawn from it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# `json.dumps` with these options would make a new one for each of ten thousand cells.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> str:
    """Write plain data as JSON that is the same for equal content.

    Keys are sorted, there is no white space, and NaN or infinity is refused.

    Raises
    ------
    ValueError
        A number is not finite.
    TypeError
        A value has no JSON form.
    """
    return _CANONICAL.encode(value)


def digest(value: Any) -> str:
    """Return the SHA-256 of plain data's canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def stream_seed(*parts: str | int) -> int:
    """Return a 128-bit seed that belongs to these names and to no others.

    Two cells, or two purposes within one cell, never share a random stream.
    """
    return int(digest(["stream", *parts])[:32], 16)
