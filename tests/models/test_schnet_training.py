"""The training against the same recipe written with torch's and schnetpack's own parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.models.schnet import SchNetSettings
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.batches import Geometries, order
from hpcmlff.models.schnet.settings import NetworkSettings
from hpcmlff.models.schnet.training import Training
from hpcmlff.testing.molecules import SPECIES, samples

# schnetpack hands tensors to ASE, which numpy 2 does not like.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SETTINGS = SchNetSettings(
    features=8, interactions=2, gaussians=6, cutoff=2.5, batch_size=4, steps=9, validate_every=3
)


def stock(settings: NetworkSettings) -> Any:
    from schnetpack.atomistic import Atomwise, Forces, PairwiseDistances
    from schnetpack.model import NeuralNetworkPotential

    return NeuralNetworkPotential(
        representation=networks.representation(settings),
        input_modules=[PairwiseDistances()],
        output_modules=[Atomwise(settings.features, output_key="energy"), Forces()],
    )


def stock_inputs(positions: np.ndarray, cutoff_ang: float) -> dict[str, Any]:
    from schnetpack.data.loader import _atoms_collate_fn
    from schnetpack.transform import ASENeighborList

    frames = []
    for frame in positions:
        inputs = {
            "_idx": torch.tensor([0]),
            "_n_atoms": torch.tensor([len(SPECIES)]),
            "_atomic_numbers": torch.tensor(SPECIES),
            "_positions": torch.tensor(frame),
            "_cell": torch.zeros((1, 3, 3), dtype=torch.float64),
            "_pbc": torch.zeros(3, dtype=torch.bool),
        }
        frames.append(ASENeighborList(cutoff=cutoff_ang)(inputs))
    batch = _atoms_collate_fn(frames)
    single = {"_positions", "_offsets"}
    return {name: value.float() if name in single else value for name, value in batch.items()}


def task(settings: NetworkSettings = SETTINGS) -> Task:
    return Task(
        species=SPECIES,
        train=samples(10, seed=1),
        validation=samples(5, seed=2),
        settings=settings,
        seed=7,
        allocation=Allocation(),
        blocks=None,  # type: ignore[arg-type]
    )


def test_weights_fit_the_unchanged_classes_and_predict_the_same() -> None:
    positions = samples(6, seed=3).positions
    ours = networks.build(SETTINGS, len(SPECIES), seed=3).eval()
    theirs = stock(SETTINGS).eval()
    theirs.load_state_dict(ours.state_dict())
    found = ours(Geometries(SPECIES, positions, SETTINGS.cutoff, "cpu").inputs(np.arange(6)))
    expected = theirs(stock_inputs(positions, SETTINGS.cutoff))
    torch.testing.assert_close(found["energy"], expected["energy"], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found["forces"], expected["forces"], rtol=1e-5, atol=1e-5)


def test_the_recipe_is_the_one_described() -> None:
    given = task()
    training = Training(given)
    network = stock(SETTINGS)
    network.load_state_dict(networks.build(SETTINGS, len(SPECIES), seed=7).state_dict())
    weights = list(network.parameters())
    average = [weight.detach().clone() for weight in weights]
    optimiser = torch.optim.AdamW(weights, lr=1e-3, weight_decay=0.001)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=9)
    for step in range(9):
        epoch, part = divmod(step, 2)
        chosen = order(7, epoch, 10)[4 * part : 4 * part + 4]
        found = network(stock_inputs(given.train.positions[chosen], SETTINGS.cutoff))
        energies = given.train.energies - given.train.energies.mean()
        de = found["energy"] - torch.tensor(energies[chosen], dtype=torch.float32)
        forces = torch.tensor(given.train.forces[chosen], dtype=torch.float32)
        df = found["forces"].view(4, -1, 3) - forces
        optimiser.zero_grad()
        (0.01 * (de**2).mean() + 0.99 * (df**2).mean()).backward()
        optimiser.step()
        schedule.step()
        decay = min(0.999, (2 + step) / (11 + step))
        for kept, weight in zip(average, weights, strict=True):
            kept.mul_(decay).add_(weight.detach(), alpha=1 - decay)
        training.advance()
    arrays = training.arrays()
    theirs = torch.cat([weight.detach().reshape(-1) for weight in weights]).numpy()
    averaged = torch.cat([kept.reshape(-1) for kept in average]).numpy()
    np.testing.assert_allclose(arrays["weights"], theirs, rtol=0, atol=2e-5)
    np.testing.assert_allclose(arrays["average"], averaged, rtol=0, atol=2e-5)


def test_long_gradients_are_shortened() -> None:
    settings = SETTINGS.model_copy(update={"gradient_norm": 0.5})
    free, limited = (Training(task(given)) for given in (SETTINGS, settings))
    gradient = free._problem.gradient(free._batch())[1]
    assert gradient.norm() > 0.6
    free._descent.descend(gradient, 1e-3)
    limited._descent.descend(gradient, 1e-3)
    # Adam's first mean is a tenth of the gradient.
    assert (10 * free.arrays()["adam_mean"]) == pytest.approx(gradient.numpy(), abs=1e-4)
    assert np.linalg.norm(10 * limited.arrays()["adam_mean"]) == pytest.approx(0.5, abs=1e-4)


def test_no_generator_of_the_process_is_touched() -> None:
    before = torch.get_rng_state()
    training = Training(task())
    training.advance()
    assert torch.equal(torch.get_rng_state(), before)


def test_more_frames_in_a_batch_than_there_are_means_all() -> None:
    training = Training(task(SETTINGS.model_copy(update={"batch_size": 100})))
    assert sorted(training._batch()) == list(range(10))
