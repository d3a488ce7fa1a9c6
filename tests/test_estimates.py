from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hpcmlff.console import say
from hpcmlff.data.extent import Extent
from hpcmlff.errors import GridError
from hpcmlff.estimates import Estimates, Kind, kind_of, stored_estimates
from hpcmlff.evidence.experience import Taken
from hpcmlff.models.schnet.estimate import EXPECTED, STEP
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.spec.resources import Asked

SMALL = Extent(n_atoms=10, n_validation=200)


def kind(model: str = "sgdml", size: int = 400, **settings: object) -> Kind:
    text = canonical_json(settings)
    return Kind(model=model, molecule="glycine", size=size, settings=text)


def estimates(rates: Mapping[str, float] | None = None) -> Estimates:
    return Estimates(extent_of=lambda _: SMALL, rates_of=lambda *_: rates or {})


def test_each_kind_is_estimated_once_and_each_molecule_and_rate_looked_up_once() -> None:
    asked_for: list[object] = []

    def extent_of(molecule: str) -> Extent:
        asked_for.append(molecule)
        return SMALL

    def rates_of(model: str, device: str) -> Mapping[str, float]:
        asked_for.append((model, device))
        return {}

    found = Estimates(extent_of=extent_of, rates_of=rates_of)
    first = found.need(kind(), Asked(mem_gb=1.0))
    assert found.need(kind(), Asked(mem_gb="auto", walltime="1h")) is first
    assert found.need(kind(size=500), Asked()) != first
    assert asked_for == ["glycine", ("sgdml", "cpu")]
    found.need(kind(), Asked(gpus=1))
    assert asked_for[2:] == [("sgdml", "cuda")]


def test_a_training_lasts_its_cpu_time_over_the_threads() -> None:
    one = estimates().need(kind("mean", steps=10, step_s=2.0), Asked(cpus=1))
    assert one.wall_s == 21.0
    assert estimates().need(kind("mean", steps=10, step_s=2.0), Asked(cpus=4)) == one


def test_measured_rates_count() -> None:
    usual = estimates().need(kind("schnet"), Asked())
    slow = estimates({STEP: 2.0, EXPECTED: 1.0}).need(kind("schnet"), Asked())
    assert slow.wall_s > 1.5 * usual.wall_s
    assert (usual.measured, slow.measured) == (False, True)


def test_finished_cells_with_as_many_threads_come_before_rates() -> None:
    taken = [Taken(wall_s=s, threads=2, device="cpu") for s in (90.0, 70.0, 500.0, 80.0)]
    taken += [
        Taken(wall_s=1.0, threads=1, device="cpu"),
        Taken(wall_s=2.0, threads=2, device="cuda"),
    ]
    found = Estimates(
        extent_of=lambda _: SMALL,
        rates_of=lambda *_: {STEP: 2.0, EXPECTED: 1.0},
        taken_by=lambda one: taken if one.size == 400 else [],
    )
    need = found.need(kind("schnet"), Asked(cpus=2))
    assert (need.wall_s, need.time_from, need.finished, need.measured) == (
        90.0,
        "finished",
        4,
        True,
    )
    assert found.need(kind("schnet"), Asked(cpus=1)).wall_s == 1.0
    other = found.need(kind("schnet", size=500), Asked(cpus=2))
    assert (other.time_from, other.finished) == ("rates", 0)
    assert estimates().need(kind("schnet"), Asked()).time_from == "default"


def test_what_is_free_again_after_a_training_is_part_of_its_disk() -> None:
    for model in ("schnet", "sgdml", "mean"):
        need = estimates().need(kind(model), Asked())
        assert 0 <= need.freed_gb < need.disk_gb
    # 400 frames of ten atoms: the tiles of 9,600 unknowns are read back, the model is small.
    solved = estimates().need(kind("sgdml"), Asked())
    assert solved.freed_gb > 0.9 * solved.disk_gb


def test_the_largest_size_for_some_memory_is_found() -> None:
    found, wanted = estimates(), kind(size=4000)
    limit_gb = found.need(kind(size=1234), Asked()).least_mem_gb
    assert found.largest_size(wanted, Asked(), limit_gb) == 1234
    assert found.largest_size(wanted, Asked(), 0.001) == 0


def test_settings_that_are_not_known_any_more_are_refused() -> None:
    with pytest.raises(GridError) as caught:
        estimates().need(kind("mean", speed=3), Asked())
    assert str(caught.value) == (
        "mean/glycine/n400: its settings are none of mean any more: Extra inputs are not "
        "permitted. Submit the grid again: it gets new cells"
    )


def test_a_stores_own_frames_and_rates_are_used(grid_file: Callable[..., Path]) -> None:
    axes = "{model: [schnet], size: [10]}"
    store, frozen = settle(draft(grid_file(axes=axes), say), say)
    found = kind_of(frozen.cells[0])
    before = stored_estimates(store, frozen, "vega").need(found, Asked())
    store.rates.keep("vega", "schnet", "cpu", "a host", {STEP: 9.0, EXPECTED: 1.0})
    after = stored_estimates(store, frozen, "vega").need(found, Asked())
    assert after.wall_s > 5 * before.wall_s
    assert stored_estimates(store, frozen, "aneesur").need(found, Asked()) == before
