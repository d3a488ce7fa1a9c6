from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diagnosis.mischief import write_plug_in
from diagnosis.scene import Scene

from hpcmlff.console import say
from hpcmlff.models import registry
from hpcmlff.prepare.draft import draft, settle


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Installs the trainers that come to grief, for this process and for those it starts."""
    folder = write_plug_in(tmp_path / "plug-in")
    monkeypatch.syspath_prepend(folder)
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(folder), *([before] if before else [])])
    monkeypatch.setenv("PYTHONPATH", path)
    yield folder
    registry.entry.cache_clear()


@pytest.fixture
def scene(grid_file: Callable[..., Path]) -> Scene:
    path = grid_file(axes="{model: [mean], size: [10], seed: [0]}")
    store, frozen = settle(draft(path, say), say)
    return Scene(store, frozen.cells[0])
