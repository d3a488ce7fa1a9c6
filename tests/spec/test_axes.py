from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.errors import GridError
from hpcmlff.spec.axes import expand
from hpcmlff.spec.grid import Grid


def grid(**changes: Any) -> Grid:
    units = {"energy": "eV", "length": "angstrom"}
    molecules = {name: {"path": f"{name}.xyz", "units": units} for name in ("a", "b")}
    axes = {"model": ["schnet", "sgdml"], "size": [200, 400], "seed": [0, 1]}
    content = {"name": "g", "store": "s", "molecules": molecules, "axes": axes, **changes}
    return Grid.model_validate(content, strict=False)


def axes(**changes: Any) -> dict[str, Any]:
    return {"model": ["sgdml", "schnet"], "size": [200], **changes}


def test_the_grid_is_the_product_of_its_axes_in_a_stable_order() -> None:
    found = expand(grid())
    assert len(found) == 2 * 2 * 2 * 2
    assert found == expand(grid())
    first = [(p.model, p.molecule, p.size, p.seed) for p in found[:3]]
    assert first == [("schnet", "a", 200, 0), ("schnet", "a", 200, 1), ("schnet", "a", 400, 0)]


def test_a_hyperparameter_multiplies_its_own_model_only() -> None:
    found = expand(grid(axes=axes(**{"sgdml.sigma": [10, 20], "molecule": ["a"]})))
    assert [p.overrides for p in found] == [(("sigma", 10),), (("sigma", 20),), ()]


def test_exclude_takes_values_lists_and_comparisons() -> None:
    found = expand(
        grid(
            exclude=[
                {"model": "schnet", "size": "> 200"},
                {"molecule": ["b"]},
                {"seed": "!= 0", "model": "sgdml"},
            ]
        )
    )
    rest = [(p.model, p.size, p.seed) for p in found]
    assert rest == [("schnet", 200, 0), ("schnet", 200, 1), ("sgdml", 200, 0), ("sgdml", 400, 0)]


def test_include_adds_points_once() -> None:
    more = [{"model": "sgdml", "molecule": "a", "size": [200, 700], "seed": 0}]
    found = expand(grid(axes=axes(molecule=["a"], model=["sgdml"]), include=more))
    assert [p.size for p in found] == [200, 700]


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        (
            {"axes": axes(sizes=[1])},
            ("axes", "sizes"),
            "unknown key. Did you mean 'size'?",
        ),
        (
            {"axes": axes(molecule=["aa"])},
            ("axes", "molecule"),
            "unknown molecule 'aa'. Did you mean 'a'?",
        ),
        (
            {"axes": axes(**{"schnett.cutoff": [4.0]})},
            ("axes", "schnett.cutoff"),
            "the axis varies 'schnett', which is not among the models. Did you mean 'schnet'?",
        ),
        (
            {"axes": axes(**{"schnet.cutoff": []})},
            ("axes", "schnet.cutoff"),
            "an axis is a list of at least one value",
        ),
        (
            {"exclude": [{"modell": "schnet"}]},
            ("exclude", 0, "modell"),
            "unknown axis. Did you mean 'model'?",
        ),
        (
            {"exclude": [{"model": "shcnet"}]},
            ("exclude", 0, "model"),
            "no cell has the model 'shcnet'. Did you mean 'schnet'?",
        ),
        ({"exclude": [{"size": ">= 0"}]}, ("exclude",), "nothing is left of the grid after"),
        ({"include": [{"model": "sgdml"}]}, ("include", 0), "an included point needs 'size'"),
        (
            {"include": [{"model": "sgdml", "size": "big"}]},
            ("include", 0, "size"),
            "'big' is not a size",
        ),
        (
            {"resources": [{"when": {"size": 300}, "cpus": 2}]},
            ("resources", 0, "when", "size"),
            "no cell has the size 300",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(
    changes: dict[str, Any], key: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(GridError) as caught:
        expand(grid(**changes))
    assert caught.value.key == key
    assert str(caught.value).startswith(message)


@given(
    st.lists(st.integers(1, 50), min_size=1, unique=True),
    st.lists(st.integers(0, 50), min_size=1, unique=True),
)
def test_every_combination_stands_once(sizes: list[int], seeds: list[int]) -> None:
    found = expand(grid(axes={"model": ["schnet"], "size": sizes, "seed": seeds}))
    assert len({(p.molecule, p.size, p.seed) for p in found}) == len(found)
    assert len(found) == 2 * len(sizes) * len(seeds)
