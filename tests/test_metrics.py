import numpy as np
import pytest

from hpcmlff.errors import TrainingError
from hpcmlff.metrics import score


def test_errors_are_per_molecule_and_per_component() -> None:
    reference_energies = np.array([1.0, 2.0])
    reference_forces = np.zeros((2, 2, 3))
    forces = np.zeros((2, 2, 3))
    forces[0, 0, 0] = 3.0
    found = score(np.array([1.0, 5.0]), forces, reference_energies, reference_forces)
    assert found == {
        "energy_mae_kcal_mol": 1.5,
        "energy_rmse_kcal_mol": pytest.approx(np.sqrt(4.5)),
        "force_mae_kcal_mol_ang": 0.25,
        "force_rmse_kcal_mol_ang": pytest.approx(np.sqrt(9 / 12)),
    }


def test_a_column_of_energies_is_refused_instead_of_broadcast() -> None:
    energies, forces = np.zeros(3), np.zeros((3, 2, 3))
    message = r"predicted energies have the shape \(3, 1\), the reference \(3,\)"
    with pytest.raises(TrainingError, match=message):
        score(energies[:, None], forces, energies, forces)


def test_predictions_that_are_not_finite_are_refused() -> None:
    energies, forces = np.zeros(3), np.zeros((3, 2, 3))
    with pytest.raises(TrainingError, match="predicted forces are not finite"):
        score(energies, np.full_like(forces, np.nan), energies, forces)
