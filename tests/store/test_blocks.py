from __future__ import annotations

import numpy as np
import pytest

from hpcmlff.errors import StoreError
from hpcmlff.models.protocol import Blocks
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder


def test_blocks_outlive_their_writer_and_are_mapped(cell: CellFolder) -> None:
    panel = np.random.default_rng(0).normal(size=(50, 7))
    CellBlocks(cell).put("panel-000", panel)
    blocks: Blocks = CellBlocks(cell)
    assert blocks.has("panel-000")
    assert not blocks.has("panel-001")
    found = blocks.get("panel-000")
    assert isinstance(found, np.memmap)
    assert found.tobytes() == panel.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


def test_an_empty_block_and_other_orders_come_back(cell: CellFolder) -> None:
    blocks = CellBlocks(cell)
    blocks.put("empty", np.zeros((0, 3)))
    assert blocks.get("empty").shape == (0, 3)
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    blocks.put("fortran", array)
    assert blocks.get("fortran").tolist() == array.tolist()


def test_a_damaged_block_counts_as_missing(cell: CellFolder) -> None:
    CellBlocks(cell).put("panel", np.ones(100))
    path = cell.blocks / "panel.block"
    data = bytearray(path.read_bytes())
    data[700] ^= 4
    path.write_bytes(data)
    with pytest.raises(StoreError, match="the content is damaged"):
        CellBlocks(cell).get("panel")
    assert not CellBlocks(cell).has("panel")
    assert not path.exists()


@pytest.mark.parametrize("name", ["../panel", "", "a/b", ".hidden"])
def test_names_cannot_leave_the_folder(cell: CellFolder, name: str) -> None:
    with pytest.raises(StoreError, match="is not a name for a block"):
        CellBlocks(cell).put(name, np.ones(1))


def test_the_blocks_of_a_done_cell_are_removed(cell: CellFolder) -> None:
    blocks = CellBlocks(cell)
    blocks.put("panel", np.ones(3))
    blocks.remove_all()
    assert not cell.blocks.exists()
