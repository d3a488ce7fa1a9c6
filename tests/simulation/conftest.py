"""Small stores with finished cells for all tests of this room."""

from __future__ import annotations

import sys
from pathlib import Path

# Tests of this folder share simulated.py and analytic.py.
sys.path.append(str(Path(__file__).parent))

import pytest
from simulated import GLYCINE, GLYCINE_GRID, GRID, MEAN, SGDML, finished_store, write_frames

from hpcmlff.data.generate import generate_frames
from hpcmlff.data.generate.dynamics import Dynamics
from hpcmlff.spec.grid import Generate
from hpcmlff.store.store import Store
from hpcmlff.testing.molecules import samples


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store in which one cell of sGDML and one of the mean are done."""
    folder = tmp_path_factory.mktemp("simulated")
    write_frames(folder / "springs.xyz", samples(120, seed=0))
    (folder / "grid.yaml").write_text(GRID, encoding="utf-8")
    return finished_store(folder / "grid.yaml", [SGDML, MEAN])


@pytest.fixture(scope="session")
def glycine(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store with frames of glycine by GFN2-xTB, in which a cell of the mean is done."""
    folder = tmp_path_factory.mktemp("glycine")
    spec = Generate(molecule="glycine", frames=30)
    short = Dynamics(temperature_k=300.0, equilibration_steps=50, steps_per_frame=5)
    generate_frames(spec, folder / "glycine.xyz", dynamics=short)
    (folder / "grid.yaml").write_text(GLYCINE_GRID, encoding="utf-8")
    return finished_store(folder / "grid.yaml", [GLYCINE])
