"""What workers write down when they are asked to stop, for those who read it later."""

from __future__ import annotations

SIGNALLED = "asked to stop by"
"""Before the name of a signal, in an attempt's log, as soon as it has come."""

WALLTIME_ENDS = "the job's walltime is ending"
"""Why an attempt has stopped by its job's own clock."""
