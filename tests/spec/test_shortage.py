from __future__ import annotations

from typing import Any

import pytest

from hpcmlff.spec.needs import Need
from hpcmlff.spec.profile import Partition
from hpcmlff.spec.shortage import Shortage, limit_gb, refusal

CPU = Partition(name="cpu", cpus=4, mem_gb=16.0, walltime="2h")
FAT = Partition(name="fat", cpus=4, mem_gb=512.0, walltime="2h")
NEED = Need(mem_gb=60.3, least_mem_gb=38.62, disk_gb=1.0, wall_s=60.0, measured=False)


def shortage(**changes: Any) -> Shortage:
    facts = {"label": "sgdml/azo/n1000", "cells": 1, "stated_gb": 16.0, "need": NEED}
    return Shortage(**{**facts, "places": (CPU, FAT), "largest_size": 640, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {},
            (
                "sgdml/azo/n1000 needs at least 38.7 GiB, its mem_gb is 16. "
                "Write mem_gb: 64 or auto, or choose a size up to 640"
            ),
        ),
        (
            {"cells": 3, "largest_size": 0},
            (
                "sgdml/azo/n1000 (3 cells) needs at least 38.7 GiB, its mem_gb is 16. "
                "Write mem_gb: 64 or auto"
            ),
        ),
        (
            {"stated_gb": None, "places": (CPU,)},
            (
                "sgdml/azo/n1000 needs at least 38.7 GiB; the profile 'vega' offers: cpu 16 GiB. "
                "Choose a size up to 640, or a partition or profile with more memory"
            ),
        ),
        (
            {"stated_gb": 4.0, "places": (CPU,)},
            (
                "sgdml/azo/n1000 needs at least 38.7 GiB; the profile 'vega' offers: cpu 16 GiB. "
                "Choose a size up to 640 with mem_gb: auto, or a partition or profile with more "
                "memory"
            ),
        ),
        (
            {"stated_gb": None, "places": (FAT.for_each(16),)},
            (
                "sgdml/azo/n1000 needs at least 38.7 GiB; the profile 'vega' offers: fat 32 GiB "
                "for each of 16 cells in one job. Choose a size up to 640, or fewer cells_per_job, "
                "or a partition or profile with more memory"
            ),
        ),
        (
            {"stated_gb": None, "places": (CPU,), "largest_size": 0},
            (
                "sgdml/azo/n1000 needs at least 38.7 GiB; the profile 'vega' offers: cpu 16 GiB. "
                "Choose a partition or profile with more memory"
            ),
        ),
    ],
)
def test_a_shortage_says_what_is_needed_what_there_is_and_what_would_do(
    changes: dict[str, Any], message: str
) -> None:
    error = refusal("vega", [shortage(**changes)])
    assert str(error) == message
    assert error.key == ("resources",)


def test_several_are_told_in_one_message_that_does_not_grow_for_ever() -> None:
    found = [shortage(label=f"sgdml/azo/n{number}", cells=2) for number in range(12)]
    lines = str(refusal("vega", found)).splitlines()
    assert lines[0] == "24 cells need more memory than they get:"
    assert lines[1] == (
        "  sgdml/azo/n0 (2 cells) needs at least 38.7 GiB, its mem_gb is 16: "
        "write mem_gb: 64 or auto, or choose a size up to 640"
    )
    assert lines[-1] == "  and 2 more kinds of cells"
    assert len(lines) == 12


def test_a_smaller_size_has_to_do_with_what_is_stated_or_the_most_there_is() -> None:
    assert limit_gb(16.0, NEED, (CPU, FAT)) == 16.0
    assert limit_gb(None, NEED, (CPU, FAT)) == 512.0
    assert limit_gb(4.0, NEED, (CPU,)) == 16.0
