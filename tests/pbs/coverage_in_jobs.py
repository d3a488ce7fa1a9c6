"""Coverage of what runs in jobs, which inherit nothing."""

from __future__ import annotations

import os


def coverage_in_jobs() -> dict[str, str]:
    """Return the variables by which processes know that they are measured."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
