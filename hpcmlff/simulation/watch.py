"""Who looks on while a simulation goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpcmlff.models.protocol import ShouldStop


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Watch:
    """Who looks on, and who may stop it."""

    tell: Callable[[int, int], None] = lambda *_: None
    """Told the frames or points done, and their number in all."""
    should_stop: ShouldStop = lambda: False
    """Asked after every step; once true, what is done is kept and left."""
    commit_s: float = 30.0
    """Seconds from one commit to the next: the most a kill can cost."""
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Plain values kept with the result: host, versions, threads."""
