from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff import yamlio
from hpcmlff.prepare.settings import resolve
from hpcmlff.spec.axes import expand
from hpcmlff.spec.grid import Grid
from hpcmlff.spec.resources import resources_of

JOBS = Path(__file__).parents[1] / "jobs"
FOLDER = JOBS / "examples"


@pytest.mark.parametrize("path", sorted(JOBS.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_the_grids_that_come_along_are_valid(path: Path) -> None:
    document = yamlio.read(path)
    grid = document.parse(Grid)
    points = expand(grid)
    assert len(resolve(document, grid, points)) >= len(grid.axes.model)


def test_the_rules_of_the_example_select_what_they_say() -> None:
    grid = yamlio.read(FOLDER / "own_molecule.yaml").parse(Grid)
    points = expand(grid)
    assert len(points) == 2 * 2 * 5 * 3 - 3 * 3
    large = [p for p in points if resources_of(p.axes(), grid.resources).cpus == 2]
    assert {(p.model, p.size >= 400) for p in large} == {("sgdml", True)}


def test_ten_thousand_cells_are_expanded_each_once() -> None:
    path = FOLDER / "quickstart.yaml"
    content = yamlio.read(path).parse(Grid).model_dump()
    content["axes"] = {"model": ["mean"], "size": list(range(1, 101)), "seed": list(range(100))}
    assert len(set(expand(Grid.model_validate(content, strict=False)))) == 10_000
