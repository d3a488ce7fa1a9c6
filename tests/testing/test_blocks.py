from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcmlff.errors import TrainingError
from hpcmlff.testing.blocks import FolderBlocks


def test_a_block_outlives_the_object_that_wrote_it(tmp_path: Path) -> None:
    FolderBlocks(tmp_path / "blocks").put("panel-0", np.arange(6.0).reshape(2, 3))
    blocks = FolderBlocks(tmp_path / "blocks")
    assert blocks.has("panel-0")
    assert not blocks.has("panel-1")
    assert blocks.names() == {"panel-0"}
    assert blocks.get("panel-0").tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert not blocks.get("panel-0").flags.writeable


def test_an_equal_second_write_is_harmless(tmp_path: Path) -> None:
    blocks = FolderBlocks(tmp_path)
    blocks.put("a", np.array([1.0, np.nan]))
    blocks.put("a", np.array([1.0, np.nan]))
    assert blocks.written == ["a", "a"]


def test_a_finished_block_cannot_change(tmp_path: Path) -> None:
    blocks = FolderBlocks(tmp_path)
    blocks.put("a", np.array([1.0]))
    with pytest.raises(TrainingError) as error:
        blocks.put("a", np.array([2.0]))
    assert str(error.value) == "the block 'a' was written twice, with other content"
