from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hpcmlff.models.protocol import Size
from hpcmlff.models.sgdml import SGDML, SgdmlSettings
from hpcmlff.models.sgdml.cost import least_mem_gb

GLYCINE = Size(n_atoms=10, n_train=400, n_validation=200)


def test_sigma_may_be_one_number_or_several_or_searched_for() -> None:
    assert SgdmlSettings().sigma == "auto"
    assert SgdmlSettings(sigma=20).sigma == 20
    assert SgdmlSettings(sigma=[5, 3]).sigma == [5, 3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sigma": 0}, "greater than or equal to 1"),
        ({"sigma": 12.5}, "valid integer"),
        ({"sigma": []}, "at least 1 item"),
        ({"sigma": [10, 20, 10]}, "a candidate for sigma stands in the list twice"),
        ({"lam": 0.0}, "greater than 0"),
        ({"symmetries": 1}, "valid boolean"),
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SgdmlSettings.model_validate(settings)


def test_the_estimate_reckons_with_one_triangle_of_the_matrix() -> None:
    estimate = SGDML.estimate(SgdmlSettings(), GLYCINE)
    triangle_gb = 8 * 9600**2 / 2**30 / 2
    assert triangle_gb < estimate.disk_gb < 1.2 * triangle_gb
    assert triangle_gb + 0.6 < estimate.mem_gb < 2 * triangle_gb + 0.6
    assert 0.6 < least_mem_gb(SgdmlSettings(sigma=10), 10, 400) < triangle_gb + 0.6


def test_the_search_and_energies_cost_more() -> None:
    one = SGDML.estimate(SgdmlSettings(sigma=10), GLYCINE)
    three = SGDML.estimate(SgdmlSettings(sigma=[10, 20, 30]), GLYCINE)
    energies = SGDML.estimate(SgdmlSettings(sigma=10, energy_constraint=True), GLYCINE)
    assert 1.2 * one.cpu_s < three.cpu_s < 2 * one.cpu_s
    assert one.cpu_s < energies.cpu_s
    assert one.mem_gb < energies.mem_gb


def test_iteration_needs_less_memory_and_disk_for_large_systems() -> None:
    size = Size(n_atoms=24, n_train=1000, n_validation=200)
    analytic, cg = (
        SGDML.estimate(SgdmlSettings(sigma=20, solver=solver), size)
        for solver in ("analytic", "cg")
    )
    assert cg.mem_gb < analytic.mem_gb / 3
    assert cg.disk_gb < analytic.disk_gb / 3
    assert cg.cpu_s < analytic.cpu_s
