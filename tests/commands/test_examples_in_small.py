"""The example grids as they are, with other frames, fewer of them and short trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hpcmlff import collect, submit
from hpcmlff.store.headers import is_done
from hpcmlff.store.store import open_store
from hpcmlff.testing.molecules import SPECIES, samples

FOLDER = Path(__file__).parents[2] / "jobs" / "examples"
SHORT = {"steps": 2, "features": 4, "interactions": 1, "gaussians": 4}
SETTINGS = {"schnet": SHORT, "painn": SHORT, "mean": {}}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "springs.npz"
    found = samples(60, seed=0)
    np.savez(path, z=SPECIES, R=found.positions, E=found.energies, F=found.forces)
    return path


def in_small(example: Path, frames: Path, store: Path) -> dict[str, Any]:
    """Return an example's content with all its keys, rules and axes, but little work."""
    content: dict[str, Any] = yaml.safe_load(example.read_text(encoding="utf-8"))
    source = {"path": str(frames), "units": {"energy": "kcal/mol", "length": "angstrom"}}
    content["molecules"] = dict.fromkeys(content["molecules"], source)
    content["axes"] |= {"size": [20], "seed": [0]}
    content["split"] |= {"validation": 10, "test": 20}
    models, asked = content.setdefault("models", {}), content["axes"]["model"]
    for model in asked:
        models[model] = models.get(model, {}) | SETTINGS.get(model, {})
    for rule in content["resources"]:
        rule |= {"cpus": 1, "mem_gb": 1, "walltime": "10m"}
    return content | {"store": str(store)}


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_trained_and_collected(
    example: Path, frames: Path, tmp_path: Path
) -> None:
    grid = tmp_path / "grid.yaml"
    content = in_small(example, frames, tmp_path / "store")
    grid.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert submit.main([str(grid), "--profile", "local", "--wait", "--yes"]) == 0
    assert collect.main([str(grid), "--no-plots"]) == 0
    store = open_store(tmp_path / "store")
    cells = store.current_grid().cells
    assert {cell.model for cell in cells} == set(content["axes"]["model"])
    assert [cell.label for cell in cells if not is_done(store.cell(cell))] == []
