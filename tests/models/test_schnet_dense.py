"""The dense form of SchNet against schnetpack's own classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from models.test_schnet_training import stock, stock_inputs, task

from hpcmlff.errors import TrainingError
from hpcmlff.models.schnet import PaiNNSettings, SchNetSettings
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.compiling import is_compiled
from hpcmlff.models.schnet.dense import problem as dense_problem
from hpcmlff.models.schnet.dense.form import make_form
from hpcmlff.models.schnet.dense.problem import DenseProblem
from hpcmlff.models.schnet.engine import NetworkTrainer
from hpcmlff.models.schnet.sparse import SparseProblem
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.testing.runs import assert_same

if TYPE_CHECKING:
    from hpcmlff.models.schnet.problem import Problem
    from hpcmlff.models.schnet.settings import NetworkSettings

# schnetpack hands tensors to ASE, which numpy 2 does not like.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

_SIZES = {
    "features": 8,
    "interactions": 2,
    "gaussians": 6,
    "cutoff": 2.5,
    "batch_size": 4,
    "steps": 7,
    "validate_every": 3,
    "compile": True,
}
SMALL = SchNetSettings(**_SIZES)
BOTH = (SMALL, PaiNNSettings(**_SIZES))


def by_class(settings: NetworkSettings) -> str:
    return settings.representation_class


@pytest.mark.parametrize("settings", BOTH, ids=by_class)
@pytest.mark.parametrize("cutoff", [1.5, 2.5, 10.0])
def test_it_predicts_what_the_unchanged_classes_do(
    settings: NetworkSettings, cutoff: float
) -> None:
    settings = settings.model_copy(update={"cutoff": cutoff})
    positions = samples(6, seed=3).positions
    network = networks.build(settings, len(SPECIES), seed=3)
    theirs = stock(settings).eval()
    theirs.load_state_dict(network.state_dict())
    expected = theirs(stock_inputs(positions, cutoff))
    form = make_form(SPECIES, settings, "cpu")
    weights = dict(network.named_parameters())
    energies, forces = form.energies_and_forces(weights, form.geometry(positions))
    size = float(expected["forces"].abs().max())
    torch.testing.assert_close(energies, expected["energy"], rtol=1e-6, atol=1e-6)
    forces = forces.transpose(0, 1).reshape(-1, 3)
    torch.testing.assert_close(forces, expected["forces"], rtol=1e-6, atol=2e-6 * size)


def problems(settings: NetworkSettings = SMALL, *, compiled: bool) -> tuple[Problem, Problem]:
    given = task(settings)
    weights = networks.flatten(networks.build(settings, len(SPECIES), 3))
    average, mean = 0.9 * weights, float(given.train.energies.mean())
    dense = DenseProblem(given, mean, weights, average, compiled=compiled)
    return dense, SparseProblem(given, mean, weights, average)


@pytest.mark.parametrize("settings", BOTH, ids=by_class)
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_loss_and_gradient_are_those_of_index_lists(
    settings: NetworkSettings, compiled: bool
) -> None:
    frames = np.array([7, 0, 3, 9])
    (ours, our_gradient), (theirs, gradient) = (
        problem.gradient(frames) for problem in problems(settings, compiled=compiled)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    size = float(gradient.abs().max())
    torch.testing.assert_close(our_gradient, gradient, rtol=1e-5, atol=2e-6 * size)


def test_validation_is_that_of_index_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_problem, "_CHUNK_ELEMENTS", 400)
    ours, theirs = (problem.validation_loss() for problem in problems(compiled=False))
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)


def test_frames_that_are_too_many_are_expanded_batch_by_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = np.array([7, 0, 3, 9])
    expected = problems(compiled=False)[0].gradient(frames)[1]
    monkeypatch.setattr(dense_problem, "_SET_ELEMENTS", 10)
    assert torch.equal(problems(compiled=False)[0].gradient(frames)[1], expected)


@pytest.mark.slow
def test_a_compiled_training_resumes_bit_by_bit() -> None:
    given, trainer = task(SMALL), NetworkTrainer()
    unbroken = trainer.advance(given, trainer.start(given), lambda: False)
    arrays = trainer.to_arrays(trainer.start(given))
    for step in (2, 5, 7):
        # Compiled anew, as in another process.
        torch._dynamo.reset()
        state = trainer.from_arrays(given, arrays)
        state = trainer.advance(given, state, lambda state=state, step=step: state.step == step)
        arrays = trainer.to_arrays(state)
    assert_same(arrays, trainer.to_arrays(unbroken))


def test_only_long_trainings_are_compiled_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    given = task(SchNetSettings())
    assert not is_compiled(given, 100)
    assert is_compiled(given, 1_000_000)
    assert not is_compiled(replace(given, settings=SchNetSettings(compile=False)), 1_000_000)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert not is_compiled(given, 1_000_000)


@pytest.mark.parametrize(("n_atoms", "reason"), [(5, "no C\\+\\+ compiler"), (41, "more than 40")])
def test_what_cannot_be_compiled_is_refused(
    n_atoms: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    given = replace(task(SMALL), species=np.ones(n_atoms, dtype=np.int64))
    with pytest.raises(TrainingError, match=reason):
        is_compiled(given, 10)


def test_without_a_compiler_a_compiled_training_goes_on_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given, trainer = task(SMALL), NetworkTrainer()
    arrays = trainer.to_arrays(trainer.start(given))
    monkeypatch.setattr("shutil.which", lambda _: None)
    state = trainer.advance(given, trainer.from_arrays(given, arrays), lambda: False)
    assert state.finished
    assert state.compiled
