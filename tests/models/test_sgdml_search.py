from __future__ import annotations

import numpy as np
import pytest

from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.search import (
    COARSE,
    best,
    candidates_in_all,
    next_candidate,
    search_frames,
)


def run(settings: SgdmlSettings, errors: dict[int, float]) -> tuple[list[int], int | None]:
    tried: list[int] = []
    found: list[float] = []
    while (sigma := next_candidate(settings, np.array(tried), np.array(found))) is not None:
        tried.append(sigma)
        found.append(errors.get(sigma, 9.0))
    assert len(tried) == candidates_in_all(settings)
    return tried, best(settings, np.array(tried), np.array(found))


def test_a_single_length_scale_is_not_searched_for() -> None:
    for sigma in (12, [12]):
        assert run(SgdmlSettings(sigma=sigma), {}) == ([], 12)


def test_of_a_list_all_are_tried_although_errors_rise_in_between() -> None:
    settings = SgdmlSettings(sigma=[4, 8, 16, 32])
    assert run(settings, {4: 2.0, 8: 3.0, 16: 5.0, 32: 1.0}) == ([4, 8, 16, 32], 32)


@pytest.mark.parametrize(
    ("best_coarse", "fine"),
    [(20, [13, 16, 25, 32]), (10, [6, 8, 13, 16]), (5, [1, 2, 4, 7]), (80, [320, 160, 113, 57])],
)
def test_auto_looks_around_the_best_of_the_coarse_ones(best_coarse: int, fine: list[int]) -> None:
    tried, chosen = run(SgdmlSettings(), {best_coarse: 1.0})
    assert tried == [*COARSE, *fine]
    assert chosen == best_coarse
    assert run(SgdmlSettings(), {best_coarse: 1.0, fine[2]: 0.9})[1] == fine[2]


def test_of_length_scales_as_good_as_the_best_the_smallest_is_taken() -> None:
    settings = SgdmlSettings(sigma=[32, 16, 8, 4])
    assert run(settings, {32: 1.003, 16: 1.0, 8: 1.009, 4: 1.011})[1] == 8


def test_candidates_without_a_solution_are_passed_over() -> None:
    settings = SgdmlSettings(sigma=[4, 8])
    assert run(settings, {4: np.inf, 8: 2.0})[1] == 8
    assert run(settings, {4: np.inf, 8: np.inf})[1] is None


@pytest.mark.parametrize(
    ("n_train", "n_atoms", "frames"),
    [
        (50, 10, 50),
        (400, 10, 200),
        (1000, 10, 250),
        (200, 24, 83),
        (1000, 24, 250),
        (2000, 24, 277),
    ],
)
def test_few_frames_are_used_for_the_search(n_train: int, n_atoms: int, frames: int) -> None:
    assert search_frames(n_train, n_atoms) == frames
