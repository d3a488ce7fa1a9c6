"""A figure before it is drawn: what it shows, what of, and how to tell that it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_FORMAT = 1
"""Raised when equal input is drawn in another way; older files are drawn anew."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One figure that can be drawn."""

    stem: str
    """File name without its ending."""
    kind: str
    """What it shows: ``learning``, ``parity``, ``cost``, ``elements``, ``efficiency``,
    or the name of a section."""
    molecule: str
    """Of which molecule; empty for all."""
    title: str
    """What stands above it, and for who cannot see it."""
    caption: str
    """What has to be known to read it."""
    inputs: tuple[Any, ...]
    """All it is drawn from: tables, arrays, texts."""
    draw: Callable[[], Figure]
    """Draws it; imports matplotlib."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all it is drawn from and by; equal ones give equal files."""
        hasher = hashlib.sha256()
        by = (FIGURE_FORMAT, __version__, version("matplotlib"), self.stem, self.title)
        for one in (*by, *self.inputs):
            hasher.update(_bytes(one) + b"\0")
        return hasher.hexdigest()


def _bytes(one: Any) -> bytes:
    if isinstance(one, pd.DataFrame):
        hashes = pd.util.hash_pandas_object(one, index=False)
        return repr(list(one.columns)).encode() + hashes.to_numpy().tobytes()
    return one.tobytes() if isinstance(one, np.ndarray) else str(one).encode()
