from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from models.killing import assert_kills_change_no_bit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_killed_at_any_instant_it_ends_with_the_bits_of_an_unbroken_run(
    tmp_path: Path, threads: int
) -> None:
    assert_kills_change_no_bit(tmp_path, "models.schnet_killed", str(threads))
