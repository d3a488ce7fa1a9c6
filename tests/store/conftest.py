from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.store.layout import CellFolder


@pytest.fixture
def cell(tmp_path: Path) -> CellFolder:
    return CellFolder(tmp_path / "cells" / "mean" / "springs" / "n10" / "s0-abc")
