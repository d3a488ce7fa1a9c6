"""PaiNN and further representations of schnetpack, and models in schnetpack's own form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import torch
from models.test_schnet_training import stock_inputs, task

from hpcmlff.errors import TrainingError
from hpcmlff.models.schnet import (
    PAINN,
    SCHNETPACK,
    PaiNNSettings,
    SchNetPackSettings,
    SchNetSettings,
)
from hpcmlff.models.schnet.engine import NetworkTrainer
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.testing.trainers import TrainerConformance

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.models.schnet.settings import NetworkSettings

_SMALL = {
    "features": 8,
    "interactions": 2,
    "gaussians": 6,
    "batch_size": 5,
    "steps": 6,
    "validate_every": 3,
}

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class TestPaiNN(TrainerConformance):
    entry = PAINN
    settings: ClassVar[dict[str, int]] = _SMALL


class TestSO3net(TrainerConformance):
    entry = SCHNETPACK
    settings: ClassVar[dict[str, Any]] = {**_SMALL, "options": {"lmax": 1}}


@pytest.mark.parametrize(
    "settings",
    [
        SchNetPackSettings(representation="SO4net"),
        SchNetPackSettings(options={"l_max": 3}),
        SchNetPackSettings(options={}),
    ],
)
def test_a_representation_that_cannot_be_made_is_refused(settings: SchNetPackSettings) -> None:
    with pytest.raises(TrainingError, match="schnetpack makes no representation") as error:
        NetworkTrainer().start(replace(task(), settings=settings))
    assert "under 'options'" in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        SchNetSettings(**_SMALL),
        PaiNNSettings(**_SMALL),
        SchNetPackSettings(**_SMALL, options={"lmax": 1}),
    ],
    ids=lambda settings: settings.representation_class,
)
def test_stock_schnetpack_loads_an_exported_model_and_predicts_the_same(
    settings: NetworkSettings, tmp_path: Path
) -> None:
    given, trainer, positions = task(), NetworkTrainer(), samples(6, seed=3).positions
    given = replace(given, settings=settings)
    state = trainer.advance(given, trainer.start(given), lambda: False)
    model = trainer.model(given, state)
    trainer.export(given, model, tmp_path / "model.pt")
    loaded = torch.load(tmp_path / "model.pt", weights_only=False)
    assert type(loaded).__module__ == "schnetpack.model.base"
    found = loaded(stock_inputs(positions, settings.cutoff))
    energies, forces = trainer.predict(given, model, positions)
    np.testing.assert_allclose(found["energy"].detach().numpy(), energies, rtol=1e-9)
    above = energies - given.train.energies.mean()
    offset = found["energy"].detach().numpy() - given.train.energies.mean()
    np.testing.assert_allclose(offset, above, rtol=0, atol=1e-6 * np.abs(above).max())
    expected = found["forces"].detach().numpy().reshape(forces.shape)
    np.testing.assert_allclose(forces, expected, rtol=0, atol=2e-6 * np.abs(forces).max())
    assert len(SPECIES) == forces.shape[1]
