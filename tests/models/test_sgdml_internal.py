from __future__ import annotations

import numpy as np
import pytest
from models.sgdml_systems import ammonia, internal_matrix, system, whole_matrix

from hpcmlff.models.sgdml.internal import internal_basis

RANDOM = np.random.default_rng(3)
CARBON_DIOXIDE = (
    np.array([[[-1.16, 0, 0], [0, 0, 0], [1.16, 0, 0]]])
    @ np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]
)


def test_the_basis_is_orthonormal_and_knows_no_motion_of_the_whole() -> None:
    positions = ammonia(5, 1).positions
    basis = internal_basis(positions)
    assert basis.shape == (5, 12, 6)
    np.testing.assert_allclose(basis.transpose(0, 2, 1) @ basis, [np.eye(6)] * 5, atol=1e-14)
    shift = np.broadcast_to([[0.3], [-0.2], [0.5]], (5, 3, 4))
    turn = np.cross([0.1, 0.7, -0.4], positions).transpose(0, 2, 1)
    for motion in (shift, turn):
        seen = np.einsum("fwi,fw->fi", basis, motion.reshape(5, 12))
        np.testing.assert_allclose(seen, 0, atol=1e-14)


@pytest.mark.parametrize("noise_ang", [0.0, 1e-9])
def test_linear_molecules_have_one_motion_more(noise_ang: float) -> None:
    noise = RANDOM.normal(scale=noise_ang, size=(4, 3, 3))
    assert internal_basis(CARBON_DIOXIDE + noise).shape == (4, 9, 4)


def test_a_bent_frame_among_linear_ones_keeps_what_is_left() -> None:
    bent = CARBON_DIOXIDE + RANDOM.normal(scale=0.1, size=(1, 3, 3))
    assert internal_basis(np.concatenate((CARBON_DIOXIDE, bent))).shape == (2, 9, 4)


def test_two_atoms_have_one_distance() -> None:
    assert internal_basis(RANDOM.normal(size=(3, 2, 3))).shape == (3, 6, 1)


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("slab", [1, 10_000, 2**20])
def test_nothing_of_the_matrix_is_lost(
    energies: bool, slab: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpcmlff.models.sgdml.internal._SLAB_ELEMENTS", slab)
    one = system(energies=energies, lam=0.0, threads=2)
    whole, internal = whole_matrix(one), internal_matrix(one)
    assert len(whole) == len(internal) + 20 * 6
    back = np.array([one.matrix.outside(row) for row in internal])
    back = np.array([one.matrix.outside(column) for column in back.T])
    np.testing.assert_allclose(back, whole, rtol=0, atol=1e-14 * np.abs(whole).max())
    vector = RANDOM.normal(size=len(internal))
    np.testing.assert_allclose(one.matrix.inside(one.matrix.outside(vector)), vector, atol=1e-14)


def test_the_solution_is_that_of_the_whole_matrix() -> None:
    one = system(lam=1e-4)
    samples = ammonia(20, 1)
    right = one.matrix.kernel.unknowns(samples.forces, samples.energies)
    expected = np.linalg.solve(whole_matrix(one), right)
    found = np.linalg.solve(internal_matrix(one), one.matrix.inside(right))
    np.testing.assert_allclose(one.matrix.outside(found), expected, rtol=1e-8, atol=1e-8)
