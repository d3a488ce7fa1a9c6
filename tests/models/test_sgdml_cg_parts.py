"""Parts of the iterative solver: products, columns, preconditioner, sizes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.sgdml_systems import PERMS, system, whole_matrix
from threadpoolctl import threadpool_limits

from hpcmlff.models.sgdml import columns as columns_module
from hpcmlff.models.sgdml import operator as operator_module
from hpcmlff.models.sgdml.cg_size import CgSize, least_size, product_flop, size_for, wanted_size
from hpcmlff.models.sgdml.columns import Columns, rows_of
from hpcmlff.models.sgdml.leverage import factor
from hpcmlff.models.sgdml.nystroem import Building
from hpcmlff.models.sgdml.operator import make_operator
from hpcmlff.models.sgdml.preconditioner import finished
from hpcmlff.testing.blocks import FolderBlocks

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(8)


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("rows", [1, 18, 256])
def test_products_are_those_of_the_assembled_matrix(
    monkeypatch: pytest.MonkeyPatch, rows: int, energies: bool
) -> None:
    monkeypatch.setattr(operator_module, "_ROWS", rows)
    one = system(20, energies=energies, lam=0.0)
    vector = RANDOM.normal(size=one.matrix.kernel.n)
    matrix = whole_matrix(one)
    found = make_operator(one.matrix.kernel).product(vector)
    accuracy = 1e-14 * (np.abs(matrix) @ np.abs(vector)).max()
    np.testing.assert_allclose(found, matrix @ vector, rtol=0, atol=accuracy)


def test_products_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_module, "_ROWS", len(PERMS))
    vector = RANDOM.normal(size=240)
    with threadpool_limits(1):
        results = [
            make_operator(system(threads=k).matrix.kernel).product(vector) for k in (1, 2, 5)
        ]
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("elements", [1, 5000, 2**22])
def test_columns_are_those_of_the_assembled_matrix(
    monkeypatch: pytest.MonkeyPatch, elements: int, energies: bool
) -> None:
    monkeypatch.setattr(columns_module, "_ELEMENTS", elements)
    one = system(20, energies=energies, lam=0.0)
    kernel, matrix = one.matrix.kernel, whole_matrix(one)
    chosen = np.sort(RANDOM.choice(kernel.n, 31, replace=False))
    columns = Columns(kernel=kernel, chosen=chosen)
    for frames in (slice(0, 20), slice(0, 1), slice(6, 13), slice(19, 20)):
        rows = rows_of(kernel, frames)
        accuracy = 1e-15 * np.abs(matrix).max()
        expected = matrix[np.ix_(rows, chosen)]
        np.testing.assert_allclose(columns.panel(frames), expected, rtol=0, atol=accuracy)
        common = matrix[np.ix_(np.intersect1d(rows, chosen), chosen)]
        np.testing.assert_allclose(columns.inside(frames), common, rtol=0, atol=accuracy)


@pytest.mark.parametrize("energies", [False, True])
def test_the_preconditioner_inverts_the_nystroem_approximation(
    tmp_path: Path, energies: bool
) -> None:
    one = system(20, energies=energies, lam=0.0)
    kernel, matrix, lam = one.matrix.kernel, whole_matrix(one), 1e-4
    building = Building(
        kernel=kernel,
        size=CgSize(n_frames=20, per_frame=12 + energies, n_columns=60),
        lam=lam,
        seed=1,
        blocks=FolderBlocks(tmp_path),
        key="p",
    )
    preconditioner = finished(building)
    some = matrix[:, building.columns.chosen]
    inside = some[building.columns.chosen] + 1e-15 * np.eye(60)
    regular = some @ np.linalg.solve(inside, some.T) + lam * np.eye(kernel.n)
    vector = RANDOM.normal(size=kernel.n)
    np.testing.assert_allclose(regular @ preconditioner.apply(vector), vector, atol=1e-5)


def test_a_factor_is_made_regular_only_where_it_must_be() -> None:
    root = RANDOM.normal(size=(30, 30))
    matrix = root @ root.T
    found = factor(matrix, raised=False)
    np.testing.assert_allclose(found @ found.T, matrix, rtol=0, atol=1e-13 * np.trace(matrix))
    thin = root[:, :5] @ root[:, :5].T
    found = factor(thin, raised=True)
    np.testing.assert_allclose(found @ found.T, thin, rtol=0, atol=1e-12 * np.trace(thin))
    with pytest.raises(np.linalg.LinAlgError):
        factor(-np.eye(3), raised=True)


@given(
    n_frames=st.integers(1, 20_000), per_frame=st.integers(6, 300), mem_gb=st.floats(0.1, 1000.0)
)
def test_sizes_stay_within_the_memory(n_frames: int, per_frame: int, mem_gb: float) -> None:
    size = size_for(n_frames, per_frame, mem_gb)
    least, wanted = least_size(n_frames, per_frame), wanted_size(n_frames, per_frame)
    assert 1 <= least.n_columns <= wanted.n_columns <= n_frames * per_frame
    if size is None:
        assert least.mem_gb > mem_gb
    else:
        assert least.n_columns <= size.n_columns <= wanted.n_columns
        assert size.mem_gb <= mem_gb


@given(n_frames=st.integers(1, 20_000), per_frame=st.integers(6, 300))
def test_parts_cover_all_frames_and_all_columns(n_frames: int, per_frame: int) -> None:
    size = wanted_size(n_frames, per_frame)
    for parts, end in ((size.panels(), n_frames), (size.tiles(), size.n_columns)):
        assert parts[0].start == 0
        assert parts[-1].stop == end
        assert all(a.stop == b.start for a, b in pairwise(parts))


def test_sizes_of_known_problems() -> None:
    azobenzene = wanted_size(1000, 72)
    assert azobenzene.n_columns == 5192
    assert round(azobenzene.mem_gb, 1) == 4.6
    assert round(azobenzene.disk_gb, 1) == 3.5
    limited = size_for(1000, 72, 3.0)
    assert limited is not None
    assert 2500 < limited.n_columns < 3500
    assert 3.9e12 < azobenzene.flop(0) < azobenzene.flop(100) < 4.2e12
    assert 1.5e10 < product_flop(1000, 24, 8) < 2.5e10
