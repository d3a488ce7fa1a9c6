from __future__ import annotations

import numpy as np
import pytest

from hpcmlff.models.sgdml.solve import solve_in_place


def positive_definite(n: int) -> np.ndarray:
    root = np.random.default_rng(n).normal(size=(n, n))
    return root @ root.T + n * np.eye(n)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 23, 24])
def test_any_number_of_blocks_gives_the_solution(n: int) -> None:
    matrix = positive_definite(n)
    expected = np.random.default_rng(0).normal(size=n)
    found = solve_in_place(matrix.copy(), matrix @ expected, block=8)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_only_the_lower_triangle_is_read_and_it_becomes_the_factor() -> None:
    matrix = positive_definite(20)
    lower = np.tril(matrix) + np.triu(np.full((20, 20), np.nan), k=1)
    labels = np.ones(20)
    found = solve_in_place(lower, labels, block=6)
    np.testing.assert_allclose(matrix @ found, labels, rtol=1e-12)
    np.testing.assert_allclose(np.tril(lower), np.linalg.cholesky(matrix), rtol=1e-12)
    assert labels.tolist() == [1.0] * 20


@pytest.mark.parametrize("bad", [0, 11])
def test_a_matrix_that_is_not_positive_definite_is_refused(bad: int) -> None:
    matrix = np.eye(12)
    matrix[bad, bad] = -1e-12
    with pytest.raises(np.linalg.LinAlgError):
        solve_in_place(matrix, np.ones(12), block=5)


def test_a_solution_that_overflows_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="^the solution is not finite$"):
        solve_in_place(np.array([[1e-310]]), np.ones(1))
