from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from models.sgdml_systems import internal_matrix, system

from hpcmlff.models.sgdml.arithmetic import CpuArithmetic
from hpcmlff.models.sgdml.factor import System
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder
from hpcmlff.testing.blocks import FolderBlocks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.arithmetic import Arithmetic


def arithmetics() -> list[Arithmetic]:
    from hpcmlff.models.sgdml.cuda import TorchArithmetic

    return [CpuArithmetic(), TorchArithmetic("cpu")]


def factorised(one: System, arithmetic: Arithmetic | None = None) -> System:
    for _ in one.factorise(arithmetic or CpuArithmetic()):
        pass
    one.tiles.flush()
    return one


def factor(one: System) -> NDArray[np.float64]:
    found = np.zeros((one.tiling.n, one.tiling.n))
    for row, column in one.tiling.tiles():
        found[one.tiling.ranges[row], one.tiling.ranges[column]] = one.tiles.get(row, column)
    return found


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("arithmetic", arithmetics(), ids=lambda one: type(one).__name__)
def test_the_factor_times_its_transpose_is_the_matrix(
    arithmetic: Arithmetic, energies: bool
) -> None:
    one = system(energies=energies)
    expected, found = internal_matrix(one), factor(factorised(one, arithmetic))
    np.testing.assert_array_equal(np.triu(found, 1), 0)
    accuracy = 1e-14 * np.abs(expected).max()
    np.testing.assert_allclose(found @ found.T, expected, rtol=0, atol=accuracy)


@pytest.mark.parametrize("n", [1, 7, 384, 385, 1000])
@pytest.mark.parametrize("arithmetic", arithmetics(), ids=lambda one: type(one).__name__)
def test_operations_on_tiles_are_what_they_say(arithmetic: Arithmetic, n: int) -> None:
    rng = np.random.default_rng(n)
    wide, tall = rng.normal(size=(n, n + 3)), rng.normal(size=(5, n + 3))
    target = arithmetic.take(np.eye(n) * 4 * n)
    arithmetic.subtract_own(target, arithmetic.take(0.1 * wide))
    symmetric = np.tril(arithmetic.give(target)) + np.tril(arithmetic.give(target), -1).T
    np.testing.assert_allclose(symmetric, 4 * n * np.eye(n) - 0.01 * wide @ wide.T, atol=1e-9)
    arithmetic.factorise(target)
    np.testing.assert_allclose(arithmetic.give(target), np.linalg.cholesky(symmetric), atol=1e-9)
    below = arithmetic.take(np.ones((5, n)))
    arithmetic.subtract(below, arithmetic.take(tall), arithmetic.take(wide))
    np.testing.assert_allclose(arithmetic.give(below), 1 - tall @ wide.T, atol=1e-9)
    before = arithmetic.give(below).copy()
    arithmetic.solve(below, target)
    solved = arithmetic.give(below) @ arithmetic.give(target).T
    np.testing.assert_allclose(solved, before, atol=1e-9)


@pytest.mark.parametrize("arithmetic", arithmetics(), ids=lambda one: type(one).__name__)
def test_a_matrix_that_is_not_positive_definite_is_noticed(arithmetic: Arithmetic) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="^not positive definite$"):
        factorised(system(lam=-1.0), arithmetic)


@pytest.mark.parametrize("finished", [0, 1, 9, 27, 28])
def test_it_goes_on_with_the_next_tile_to_the_same_bits(tmp_path: Path, finished: int) -> None:
    expected = factor(factorised(system()))
    first = system(blocks=FolderBlocks(tmp_path))
    tiles = list(islice(first.factorise(CpuArithmetic()), finished))
    first.tiles.flush()
    blocks = FolderBlocks(tmp_path)
    second = system(blocks=blocks)
    rest = list(second.factorise(CpuArithmetic()))
    assert tiles + rest == list(second.tiling.tiles())
    second.tiles.flush()
    assert len(blocks.written) == 28 - finished
    np.testing.assert_array_equal(factor(second), expected)


def test_without_room_in_memory_tiles_are_read_from_disk(tmp_path: Path) -> None:
    expected = factor(factorised(system()))
    blocks = CellBlocks(CellFolder(tmp_path))
    found = factorised(system(blocks=blocks, room_bytes=3 * 8 * 18 * 18))
    kept = [
        tile for tile in found.tiling.tiles() if not isinstance(found.tiles.get(*tile), np.memmap)
    ]
    assert len(kept) == 3
    np.testing.assert_array_equal(factor(found), expected)


@pytest.mark.parametrize("energies", [False, True])
def test_solutions_and_residuals_are_those_of_the_matrix(energies: bool) -> None:
    one = factorised(system(energies=energies))
    matrix, right = internal_matrix(one), np.random.default_rng(1).normal(size=one.tiling.n)
    x = one.solve(right)
    np.testing.assert_allclose(x, np.linalg.solve(matrix, right), rtol=1e-6)
    other = np.random.default_rng(2).normal(size=one.tiling.n)
    expected = right - matrix @ other
    np.testing.assert_allclose(one.residual(other, right), expected, rtol=0, atol=1e-12)


def test_a_tile_that_cannot_be_written_is_told_and_may_be_written_later(tmp_path: Path) -> None:
    (tmp_path / "blocks").touch()
    one = system(blocks=FolderBlocks(tmp_path / "blocks"), room_bytes=0)
    with pytest.raises(FileExistsError):
        factorised(one)
    (tmp_path / "blocks").unlink()
    again = factorised(system(blocks=FolderBlocks(tmp_path / "blocks"), room_bytes=0))
    np.testing.assert_array_equal(factor(again), factor(factorised(system())))
