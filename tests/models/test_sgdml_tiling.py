from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.models.sgdml.tiling import NARROWEST, WIDEST, Tiling, flops_of, make_tiling


@given(n_frames=st.integers(1, 5000), n_atoms=st.integers(2, 60), energies=st.booleans())
def test_tiles_are_whole_frames_and_cover_the_matrix(
    n_frames: int, n_atoms: int, energies: bool
) -> None:
    tiling, width = make_tiling(n_frames, n_atoms, energies=energies), max(3 * n_atoms - 6, 1)
    n_forces = n_frames * width
    assert tiling.bounds[0] == 0
    assert tiling.n == n_forces + energies * n_frames
    assert list(tiling.bounds) == sorted(set(tiling.bounds))
    assert n_forces in tiling.bounds
    assert all(bound % width == 0 for bound in tiling.bounds if bound <= n_forces)
    assert tiling.widest <= max(WIDEST, NARROWEST, width) + width / 2


@given(widths=st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_operations_of_all_tiles_are_those_of_a_cholesky_factorisation(widths: list[int]) -> None:
    bounds = [sum(widths[:k]) for k in range(len(widths) + 1)]
    tiling = Tiling(bounds=tuple(bounds))
    assert sum(flops_of(tiling, *tile) for tile in tiling.tiles()) == pytest.approx(tiling.n**3 / 3)


def test_tiles_come_column_by_column() -> None:
    tiling = Tiling(bounds=(0, 2, 4, 5))
    assert list(tiling.tiles()) == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (2, 2)]
    assert (tiling.parts, tiling.widest, tiling.work) == (3, 2, 3 * 1 + 2 * 2 + 1 * 3)
    assert tiling.all_bytes == 8 * (4 + 4 + 2 + 4 + 2 + 1)


def test_a_large_problem_needs_a_small_part_of_its_matrix_in_memory() -> None:
    tiling = make_tiling(1000, 24)
    assert (tiling.n, tiling.parts, tiling.widest) == (66_000, 19, 3630)
    assert tiling.least_bytes < 0.08 * 8 * 66_000**2
