"""How a job submits the one that goes on for it: what qsub is told, kept beside the script."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Resubmission:
    """What a job needs to know to be submitted again."""

    arguments: list[str]
    """What follows qsub, for a single job."""
    allowed: bool
    """Whether nodes may submit."""

    @staticmethod
    def path(script: Path) -> Path:
        """Return the file beside a script."""
        return script.with_suffix(".json")

    def write(self, script: Path) -> None:
        """Write it beside a script."""
        self.path(script).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, script: Path) -> Resubmission:
        """Read what stands beside a script."""
        return cls(**json.loads(cls.path(script).read_text(encoding="utf-8")))
