from __future__ import annotations

import io
import logging
import multiprocessing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from models.sgdml_systems import AMMONIA, ammonia

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Allocation, Arrays, Samples, Task
from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.models.sgdml.model import to_npz_model
from hpcmlff.models.sgdml.package import stock
from hpcmlff.testing.blocks import FolderBlocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def make_task(tmp_path: Path) -> Callable[..., Task]:
    def make(n_train: int = 25, n_validation: int = 20, **settings: Any) -> Task:
        return Task(
            species=AMMONIA,
            train=ammonia(n_train, 1),
            validation=ammonia(n_validation, 2),
            settings=SgdmlSettings(**settings),
            seed=5,
            allocation=Allocation(),
            blocks=FolderBlocks(tmp_path),
        )

    return make


def trained(task: Task) -> Arrays:
    trainer = SgdmlTrainer()
    state = trainer.advance(task, trainer.start(task), lambda: False)
    return trainer.model(task, state)


def stock_model(task: Task, sigma: int) -> dict[str, Any]:
    def dataset(samples: Samples) -> dict[str, Any]:
        words = {"name": np.array("ammonia"), "theory": np.array("springs")}
        arrays = {"R": samples.positions, "E": samples.energies, "F": samples.forces}
        return words | arrays | {"z": task.species}

    train = stock("train").GDMLTrain(max_memory=2, max_processes=1)
    stock_task = train.create_task(
        dataset(task.train),
        len(task.train.energies),
        dataset(task.validation),
        len(task.validation.energies),
        sigma,
        lam=task.settings.lam,
        use_sym=task.settings.symmetries,
        use_E_cstr=task.settings.energy_constraint,
    )
    model: dict[str, Any] = train.train(stock_task)
    return model


@pytest.mark.parametrize("symmetries", [True, False])
@pytest.mark.parametrize("energy_constraint", [False, True])
def test_it_equals_stock_sgdml(
    make_task: Callable[..., Task], symmetries: bool, energy_constraint: bool
) -> None:
    # With lam 1e-10 the matrix of so small a molecule is so nearly singular that stock
    # sgdml itself changes by 1e-6 when it reads the other triangle.
    settings = {"symmetries": symmetries, "energy_constraint": energy_constraint}
    task = make_task(sigma=10, lam=1e-6, **settings)
    positions = ammonia(30, 3).positions
    energies, forces = SgdmlTrainer().predict(task, trained(task), positions)
    reference = stock_model(task, 10)
    expected = (
        stock("predict").GDMLPredict(reference, max_processes=1).predict(positions.reshape(30, -1))
    )
    accuracy = 1e-8 * np.abs(expected[1]).max()
    np.testing.assert_allclose(forces.reshape(30, -1), expected[1], rtol=0, atol=accuracy)
    np.testing.assert_allclose(energies, expected[0], rtol=0, atol=accuracy)


def test_it_predicts_unseen_frames_well(make_task: Callable[..., Task]) -> None:
    task, test = make_task(60), ammonia(50, 3)
    energies, forces = SgdmlTrainer().predict(task, trained(task), test.positions)
    assert np.sqrt(np.mean((forces - test.forces) ** 2)) < 0.05 * test.forces.std()
    assert np.sqrt(np.mean((energies - test.energies) ** 2)) < 0.05 * test.energies.std()


def test_the_model_is_written_as_stock_sgdml_writes_it(make_task: Callable[..., Task]) -> None:
    task = make_task(sigma=10)
    model, positions = trained(task), ammonia(5, 3).positions
    exported, reference = to_npz_model(task, model), stock_model(task, 10)
    assert set(reference) <= set(exported)
    for name in ("md5_train", "md5_valid", "solver_name", "sig", "lam", "code_version"):
        assert exported[name] == reference[name]
    for name in ("idxs_train", "idxs_valid", "perms", "tril_perms_lin", "R_desc", "z"):
        np.testing.assert_array_equal(exported[name], reference[name])
    file = io.BytesIO()
    np.savez_compressed(file, **exported)
    file.seek(0)
    with np.load(file, allow_pickle=True) as read:
        predictor = stock("predict").GDMLPredict(dict(read), max_processes=1)
    energies, forces = SgdmlTrainer().predict(task, model, positions)
    again = predictor.predict(positions.reshape(5, -1))
    np.testing.assert_array_equal(again[0], energies)
    np.testing.assert_array_equal(again[1].reshape(forces.shape), forces)


def test_threads_do_not_change_a_prediction(make_task: Callable[..., Task]) -> None:
    task, positions = make_task(sigma=10), ammonia(7, 3).positions
    model, trainer = trained(task), SgdmlTrainer()
    energies, forces = trainer.predict(task, model, positions)
    three = replace(task, allocation=Allocation(threads=3))
    again = trainer.predict(three, model, positions)
    np.testing.assert_array_equal(again[0], energies)
    np.testing.assert_array_equal(again[1], forces)


def test_no_frames_give_no_predictions(make_task: Callable[..., Task]) -> None:
    task = make_task(sigma=10)
    energies, forces = SgdmlTrainer().predict(task, trained(task), np.empty((0, 4, 3)))
    assert energies.shape == (0,)
    assert forces.shape == (0, 4, 3)


def test_positions_of_another_molecule_are_refused(make_task: Callable[..., Task]) -> None:
    task = make_task(sigma=10)
    with pytest.raises(TrainingError) as caught:
        SgdmlTrainer().predict(task, trained(task), np.zeros((6, 5, 3)))
    assert str(caught.value) == "positions have the shape (6, 5, 3), expected (6, 4, 3)"


def test_the_best_sigma_by_validation_forces_is_kept(make_task: Callable[..., Task]) -> None:
    task = make_task(sigma=[1, 12, 200])
    model, trainer = trained(task), SgdmlTrainer()
    errors = []
    for sigma in (1, 12, 200):
        alone = replace(task, settings=SgdmlSettings(sigma=sigma))
        _, forces = trainer.predict(alone, trained(alone), task.validation.positions)
        errors.append(np.sqrt(np.mean((forces - task.validation.forces) ** 2)))
    assert model["candidates"].tolist() == [1, 12, 200]
    np.testing.assert_allclose(model["candidate_errors_kcal_mol_ang"], errors, rtol=1e-12)
    assert model["sigma"].tolist() == [[1, 12, 200][int(np.argmin(errors))]] == [12]


def test_symmetries_are_found_unless_switched_off(make_task: Callable[..., Task]) -> None:
    assert trained(make_task(sigma=10))["permutations"].shape == (6, 4)
    plain = trained(make_task(sigma=10, symmetries=False))
    assert plain["permutations"].tolist() == [[0, 1, 2, 3]]


def test_symmetries_are_searched_in_a_limited_number_of_frames(
    make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpcmlff.models.sgdml.symmetries.MATCHED_FRAMES", 12)
    assert trained(make_task(sigma=10))["permutations"].shape == (6, 4)


def test_a_candidate_without_a_solution_is_passed_over(make_task: Callable[..., Task]) -> None:
    task, trainer = make_task(sigma=[10_000, 1], lam=1e-24), SgdmlTrainer()
    state, seen = trainer.start(task), []
    while not trainer.progress(state).finished:
        state = trainer.advance(task, state, lambda: True)
        seen.append(trainer.progress(state))
    assert [(p.step, p.steps, p.loss is None) for p in seen] == [
        (1, 5, True),
        (2, 5, True),
        (3, 5, False),
        (4, 5, False),
        (5, 5, False),
    ]
    assert np.isinf(state.errors[0])
    assert trainer.model(task, state)["sigma"].tolist() == [1]


def test_nothing_is_left_behind_in_the_process(
    make_task: Callable[..., Task], capfd: pytest.CaptureFixture[str]
) -> None:
    live = [one for one in stock("predict").globs if one]
    logger_class, random = logging.getLoggerClass(), np.random.get_state()  # noqa: NPY002
    trained(make_task())
    assert logging.getLoggerClass() is logger_class
    assert logging.getLogger("hpcmlff.fresh").handlers == []
    np.testing.assert_array_equal(np.random.get_state()[1], random[1])  # noqa: NPY002
    assert not hasattr(stock("train"), "glob")
    assert stock("utils.perm").glob == {}
    assert [one for one in stock("predict").globs if one] == live
    assert multiprocessing.active_children() == []
    assert capfd.readouterr() == ("", "")


def test_a_stock_trainer_of_the_same_process_is_not_disturbed(
    make_task: Callable[..., Task],
) -> None:
    other = stock("train").GDMLTrain(max_memory=1, max_processes=1)
    shared = stock("train").glob
    trained(make_task(sigma=10))
    assert stock("train").glob is shared
    del other


def test_a_job_with_too_little_memory_is_refused(make_task: Callable[..., Task]) -> None:
    task = replace(make_task(), allocation=Allocation(mem_gb=0.25))
    message = (
        "sGDML with 25 training frames of 4 atoms needs 0.60 GiB, the job has 0.25 GiB. "
        "Set mem_gb to 0.7 or more in the grid's 'resources'"
    )
    trainer = SgdmlTrainer()
    with pytest.raises(TrainingError) as caught:
        trainer.start(task)
    assert str(caught.value) == message
    state = trainer.start(make_task())
    with pytest.raises(TrainingError) as caught:
        trainer.advance(task, state, lambda: False)
    assert str(caught.value) == message


def test_a_kernel_that_is_not_positive_definite_is_refused(make_task: Callable[..., Task]) -> None:
    with pytest.raises(TrainingError) as caught:
        trained(make_task(sigma=[9_000, 10_000], lam=1e-30))
    assert str(caught.value) == (
        "the kernel matrix is not positive definite with sigma 9000, 10000 and lam 1e-30. "
        "Raise 'lam', lower 'sigma', and look for frames that are there twice"
    )


def test_one_frame_and_two_atoms_are_enough(make_task: Callable[..., Task]) -> None:
    task = make_task(1, 1, sigma=10)

    def pair(samples: Samples) -> Samples:
        return replace(samples, positions=samples.positions[:, :2], forces=samples.forces[:, :2])

    pairs = replace(
        task, species=AMMONIA[:2], train=pair(task.train), validation=pair(task.validation)
    )
    energies, forces = SgdmlTrainer().predict(pairs, trained(pairs), pairs.train.positions)
    np.testing.assert_allclose(energies, task.train.energies)
    assert forces.shape == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "where", "value", "message"),
    [
        ("forces", (3, 1, 2), np.nan, "forces of training frame 3 are not finite"),
        ("positions", (6, [1, 2]), 0.0, "two atoms of training frame 6 are in the same place"),
        (
            "forces",
            slice(None),
            0.0,
            "all training forces are equal. Check the forces of the molecule's file",
        ),
    ],
)
def test_broken_frames_are_refused(
    make_task: Callable[..., Task], name: str, where: Any, value: float, message: str
) -> None:
    task = make_task(sigma=10)
    getattr(task.train, name)[where] = value
    with pytest.raises(TrainingError) as caught:
        trained(task)
    assert str(caught.value) == message


def test_lone_atoms_and_missing_frames_are_refused(make_task: Callable[..., Task]) -> None:
    task = make_task()
    with pytest.raises(TrainingError, match="^sGDML needs at least two atoms$"):
        trained(replace(task, species=AMMONIA[:1]))
    with pytest.raises(TrainingError, match="^sGDML needs at least one validation frame$"):
        trained(replace(task, validation=ammonia(0, 2)))
