"""A fake OpenPBS server whose commands are programs on PATH and whose jobs are processes.

It prints, asks and times like OpenPBS 23.06.06 as observed. What it is not: several users,
reservations, hooks, checkpointing, limits held by the kernel, MPI across nodes.
"""

from __future__ import annotations

from hpcmlff.testing.fake_pbs.counting import PbsCall, PbsCallLog
from hpcmlff.testing.fake_pbs.fake import FakePbs
from hpcmlff.testing.fake_pbs.options import (
    HURRIED,
    FakeDelays,
    FakeNode,
    FakePbsOptions,
    FakeQueue,
)

__all__ = [
    "HURRIED",
    "FakeDelays",
    "FakeNode",
    "FakePbs",
    "FakePbsOptions",
    "FakeQueue",
    "PbsCall",
    "PbsCallLog",
]
