"""One small store with finished cells, and one that is not, for all tests of this room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Tests of this folder share simulated.py and analytic.py.
sys.path.append(str(Path(__file__).parent))

import pytest
from simulated import GRID, MEAN, SGDML, write_springs

from hpcmlff.console import say
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.store.store import Store
from hpcmlff.worker.trained import find_cell


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store in which one cell of sGDML and one of the mean are done."""
    folder = tmp_path_factory.mktemp("simulated")
    write_springs(folder / "springs.xyz", 120)
    (folder / "grid.yaml").write_text(GRID, encoding="utf-8")
    made, frozen = settle(draft(folder / "grid.yaml", say), say)
    for name in (SGDML, MEAN):
        cell = find_cell(frozen.cells, name)
        command = ["--store", str(made.path), "--cell", cell.id, "--revision", "1"]
        subprocess.run([sys.executable, "-m", "hpcmlff.worker", *command], check=True)
    return made
