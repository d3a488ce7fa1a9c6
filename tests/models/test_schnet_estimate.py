from __future__ import annotations

import pytest

from hpcmlff.models.protocol import Size
from hpcmlff.models.schnet import SCHNET, SchNetSettings
from hpcmlff.models.schnet.estimate import EXPECTED, STEP, step_s

GLYCINE = Size(n_atoms=10, n_train=200, n_validation=200)
IMPORT_S = 8.0


def test_the_time_is_that_of_its_steps() -> None:
    settings = SchNetSettings(steps=1000)
    found = SCHNET.estimate(settings, GLYCINE)
    assert found.cpu_s == pytest.approx(IMPORT_S + 1000 * step_s(settings, GLYCINE))
    assert found.least_mem_gb == found.mem_gb


def test_a_machine_that_was_slower_than_expected_is_expected_to_be_so_again() -> None:
    small, large = SchNetSettings(features=32, steps=1000), SchNetSettings(steps=1000)
    rates = {STEP: 3 * step_s(small, GLYCINE), EXPECTED: step_s(small, GLYCINE)}
    measured = Size(n_atoms=10, n_train=200, n_validation=200, rates=rates)
    slow = SCHNET.estimate(large, measured).cpu_s - IMPORT_S
    assert slow == pytest.approx(3 * (SCHNET.estimate(large, GLYCINE).cpu_s - IMPORT_S))


def test_rates_of_another_kind_are_left_alone() -> None:
    strange = Size(n_atoms=10, n_train=200, n_validation=200, rates={STEP: 1e9, "other": 1.0})
    assert SCHNET.estimate(SchNetSettings(), strange) == SCHNET.estimate(SchNetSettings(), GLYCINE)


def test_further_threads_are_paid_for_and_not_counted_on() -> None:
    four = Size(n_atoms=10, n_train=200, n_validation=200, threads=4)
    one_s = SCHNET.estimate(SchNetSettings(), GLYCINE).cpu_s
    assert SCHNET.estimate(SchNetSettings(), four).cpu_s == pytest.approx(4 * one_s)
