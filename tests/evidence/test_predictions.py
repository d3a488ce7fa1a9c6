from __future__ import annotations

import math

import numpy as np
import pytest

from hpcmlff.errors import TrainingError
from hpcmlff.evidence.predictions import by_element, compared, kept_for_plots
from hpcmlff.testing.molecules import SPECIES, samples


@pytest.fixture
def pair():
    made = samples(50, seed=3)
    return made.energies, made.forces


def test_a_perfect_prediction_has_no_error_and_all_of_the_correlation(pair):
    energies, forces = pair
    found = compared((energies, energies), (forces, forces))
    assert found["found_energy_rmse_kcal_mol"] == found["found_force_rmse_kcal_mol_ang"] == 0
    assert found["energy_bias_kcal_mol"] == found["energy_scatter_kcal_mol"] == 0
    assert found["energy_correlation"] == pytest.approx(1)
    assert found["force_r2"] == found["force_ratio"] == found["energy_ratio"] == 1
    assert found["n_compared"] == 50


def test_an_offset_is_bias_and_no_scatter(pair):
    energies, forces = pair
    found = compared((energies + 0.5, energies), (forces, forces))
    assert found["energy_bias_kcal_mol"] == pytest.approx(0.5)
    assert found["energy_scatter_kcal_mol"] == pytest.approx(0, abs=1e-9)
    assert found["found_energy_mae_kcal_mol"] == pytest.approx(0.5)


def test_ratios_say_how_much_more_the_reference_varies(pair):
    energies, forces = pair
    mean = energies.mean()
    found = compared((mean + (energies - mean) / 2, energies), (forces / 4, forces))
    assert found["energy_ratio"] == pytest.approx(2)
    assert found["force_ratio"] == pytest.approx(4)
    assert found["force_r2"] == pytest.approx(1 - 0.75**2)
    assert found["force_correlation"] == pytest.approx(1)


@pytest.mark.parametrize("mean", [-1.2e5 / 7, -1.2e5, 0.1])
def test_equal_predictions_have_no_correlation_whatever_rounding_leaves(pair, mean):
    """The mean of equal numbers differs from them by rounding, which is no spread."""
    energies, forces = pair
    found = compared((np.full(50, mean), energies), (np.zeros_like(forces), forces))
    assert math.isnan(found["energy_correlation"])
    assert math.isnan(found["energy_ratio"])
    assert math.isnan(found["force_correlation"])
    assert found["force_r2"] == 0


def test_other_shapes_are_refused(pair):
    energies, forces = pair
    with pytest.raises(TrainingError, match="predicted energies have the shape"):
        compared((energies[:, None], energies), (forces, forces))


def test_elements_are_told_apart(pair):
    _, forces = pair
    off = forces.copy()
    off[:, SPECIES == 7] += 2.0
    found = by_element(SPECIES, (off, forces))
    assert found["number"][:5].tolist() == [1, 6, 7, 8, 0]
    assert found["n_components"][:5].tolist() == [300, 150, 150, 150, 0]
    assert found["force_rmse_kcal_mol_ang"][:4] == pytest.approx([0, 0, 2, 0])


def test_points_for_plots_have_the_worst_and_every_so_many_of_the_rest():
    reference = np.arange(1000.0)
    predicted = reference.copy()
    predicted[[7, 500]] += [30.0, -40.0]
    kept = kept_for_plots((predicted, reference), 64)
    assert kept.shape == (64, 2)
    assert kept.dtype == np.float32
    assert {(500, 460), (7, 37)} <= {(x, y) for x, y in kept[:8].tolist()}
    assert np.isfinite(kept).all()
    assert kept[8:, 0].tolist() == sorted(kept[8:, 0].tolist())
    assert kept[-1, 0] == 999
    assert np.diff(kept[8:, 0]).max() < 25


def test_fewer_points_than_there_is_room_for_are_all_kept():
    kept = kept_for_plots((np.arange(5.0) + 1, np.arange(5.0)), 16)
    assert sorted(kept[:5, 0].tolist()) == [0, 1, 2, 3, 4]
    assert np.isnan(kept[5:]).all()
