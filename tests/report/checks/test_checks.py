"""Each check finds exactly its fault in a store that has it, and nothing in one that has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evidence.finished import SPLIT, FinishedStore, Outcome, make_finished

from hpcmlff.data.dataset import write_dataset
from hpcmlff.data.fixed import FixedSets
from hpcmlff.data.frames import Frames
from hpcmlff.report.checks import run_checks
from hpcmlff.report.findings import Finding
from hpcmlff.spec.cells import Cell
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.units import EV_KCAL_MOL

MakeStore = Callable[..., FinishedStore]


@pytest.fixture
def made(tmp_path: Path) -> MakeStore:
    def make(**axes: object) -> FinishedStore:
        # Of two seeds none can be told to be an outlier, which is a fault of its own.
        return make_finished(tmp_path / "store", **{"seeds": [0, 1], **axes})  # type: ignore[arg-type]

    return make


def _with_fault(
    made: FinishedStore, where: Callable[[Cell], bool], change: Callable[[Outcome], None]
) -> list[Finding]:
    """Finish all cells, some with a fault, and return what is found."""
    for cell in made.frozen.cells:
        made.finish(cell, change if where(cell) else None)
    return made.findings()


def _one(cell: Cell) -> bool:
    return (cell.model, cell.size, cell.seed) == ("sgdml", 40, 1)


def _only(found: list[Finding], made: FinishedStore, where: Callable[[Cell], bool]) -> Finding:
    """Demand one finding, about these cells."""
    assert len(found) == 1, found
    assert set(found[0].cells) == {cell.id for cell in made.frozen.cells if where(cell)}
    assert found[0].advice
    return found[0]


def test_nothing_is_found_where_nothing_is_wrong(made: MakeStore) -> None:
    assert _with_fault(made(seeds=range(6)), lambda _: False, lambda _: None) == []


def test_the_mean_is_no_fault(made: MakeStore) -> None:
    """The model that others are held against has the offset of its training set."""

    def mean(outcome: Outcome) -> None:
        outcome.energies[:] = outcome.energies.mean() + 5.0
        outcome.forces[:] = 0.0

    store = made(models=["mean"])
    assert _with_fault(store, lambda _: True, mean) == []


def test_energies_from_another_zero(made: MakeStore) -> None:
    def shift(outcome: Outcome) -> None:
        outcome.energies += 0.75

    store = made()
    found = _only(_with_fault(store, _one, shift), store, _one)
    assert (found.severity, found.code) == ("warning", "energy-offset")
    assert found.where == "sgdml springs 40 (seed 1)"
    assert found.text == (
        "test energies are off by 0.750 kcal/mol on the mean, beside a scatter of 0.158"
    )
    assert found.numbers["bias_kcal_mol"] == pytest.approx(0.75)


def test_an_offset_that_chance_explains_is_left_alone(made: MakeStore) -> None:
    def shift(outcome: Outcome) -> None:
        outcome.energies += 0.4 * 0.158

    assert _with_fault(made(), _one, shift) == []


@pytest.mark.parametrize(
    ("what", "factor", "text"),
    [
        (
            "forces",
            EV_KCAL_MOL,
            (
                "the reference varies 23.1 times as much as the predicted forces, as between eV and"
                " kcal/mol (23.1)"
            ),
        ),
        (
            "forces",
            1 / 4.184,
            (
                "the reference varies 0.239 times as much as the predicted forces, as between"
                " kJ/mol and kcal/mol (0.239)"
            ),
        ),
        ("forces", 1.5, "the reference varies 1.50 times as much as the predicted forces"),
    ],
)
def test_predictions_in_another_unit(made: MakeStore, what: str, factor: float, text: str) -> None:
    def convert(outcome: Outcome) -> None:
        setattr(outcome, what, getattr(outcome, what) / factor)

    store = made()
    found = [f for f in _with_fault(store, _one, convert) if f.code == "units"]
    assert _only(found, store, _one).severity == "error"
    assert found[0].text == text


def test_an_error_that_is_not_that_of_the_predictions(made: MakeStore) -> None:
    def claim_more(outcome: Outcome) -> None:
        outcome.metrics["force_rmse_kcal_mol_ang"] = 0.5

    store = made(sizes=[40])
    found = _only(_with_fault(store, _one, claim_more), store, _one)
    assert (found.severity, found.code) == ("error", "scores-differ")
    assert found.text == (
        "force RMSE is stated as 0.500 kcal/mol/Å, and is 1.26 by the predictions"
    )


def test_energies_of_other_frames(made: MakeStore) -> None:
    def shuffle(outcome: Outcome) -> None:
        outcome.energies = np.roll(outcome.energies, 7)

    store = made(sizes=[40], seeds=[0, 1])
    found = _with_fault(store, _one, shuffle)
    assert [one.code for one in found] == ["energies-contradict-forces", "worse-than-the-mean"]
    assert found[0].severity == "error"
    assert found[0].text.startswith("energies do not belong to the forces: unseen forces are")
    assert found[0].numbers["force_r2"] == pytest.approx(0.9987, abs=0.0005)


def test_energies_of_flipped_sign(made: MakeStore) -> None:
    def flip(outcome: Outcome) -> None:
        outcome.energies = 2 * outcome.energies.mean() - outcome.energies

    store = made(sizes=[40], seeds=[0, 1])
    found = _with_fault(store, _one, flip)
    assert [one.code for one in found] == ["energies-contradict-forces", "worse-than-the-mean"]
    assert found[0].text.startswith("energies rise where integrated forces let them fall")


def test_energies_on_another_scale_than_forces(made: MakeStore) -> None:
    def stretch(outcome: Outcome) -> None:
        outcome.energies = outcome.energies.mean() + 0.85 * (
            outcome.energies - outcome.energies.mean()
        )

    store = made(sizes=[40], seeds=[0, 1])
    found = _only(_with_fault(store, _one, stretch), store, _one)
    assert found.code == "energies-contradict-forces"
    assert found.text.startswith("energies are 1.17")


def test_an_sgdml_model_on_another_scale_than_its_labels(made: MakeStore) -> None:
    def rescale(outcome: Outcome) -> None:
        outcome.model["scale"] *= 1.05

    store = made()
    found = _only(_with_fault(store, _one, rescale), store, _one)
    assert (found.severity, found.code) == ("error", "sgdml-scale")
    assert found.numbers["scale"] == pytest.approx(1.05 * found.numbers["expected"])


def test_an_sgdml_system_that_was_not_solved(made: MakeStore) -> None:
    def leave(outcome: Outcome) -> None:
        outcome.model["residual"] = np.array([0.02])

    store = made()
    found = _only(_with_fault(store, _one, leave), store, _one)
    assert (found.code, found.text) == (
        "sgdml-not-solved",
        "the solution leaves 0.0200 of the labels",
    )


def test_a_tolerance_that_was_asked_for_is_no_fault(made: MakeStore) -> None:
    def leave(outcome: Outcome) -> None:
        outcome.model |= {"residual": np.array([0.009]), "tolerance": np.array([0.01])}

    assert _with_fault(made(), _one, leave) == []


def test_a_length_scale_at_the_end_of_those_tried(made: MakeStore) -> None:
    def push(outcome: Outcome) -> None:
        outcome.model["candidate_errors_kcal_mol_ang"] = np.array([3.0, 2.0, 1.0])

    store = made()
    found = _only(_with_fault(store, _one, push), store, _one)
    assert (found.code, found.text) == (
        "sigma-at-the-edge",
        "of length scales from 10 to 40 the last is the best",
    )


def _schnet(cell: Cell) -> bool:
    return (cell.model, cell.size, cell.seed) == ("schnet", 40, 1)


def test_a_loss_that_is_still_falling(made: MakeStore) -> None:
    def fall(outcome: Outcome) -> None:
        steps = np.arange(1, 51) * 500
        outcome.curve = steps, 1e5 / (steps + 1000.0)

    store = made()
    found = _only(_with_fault(store, _schnet, fall), store, _schnet)
    assert (found.severity, found.code) == ("warning", "loss-still-falling")
    assert found.text == (
        "the validation loss fell by 10% in the last tenth of 25000 steps, to 3.85"
    )


def test_a_training_that_only_its_budget_has_ended(made: MakeStore) -> None:
    def stop(outcome: Outcome) -> None:
        steps = np.arange(1, 11) * 100
        outcome.curve = steps, 5 - 0.01 * np.arange(10.0)

    store = made()
    found = _only(_with_fault(store, _schnet, stop), store, _schnet)
    assert (found.code, found.text) == (
        "stopped-by-budget",
        (
            "trained for 1000 steps, where the model would take 40000 by itself; the last"
            " validation is the best"
        ),
    )


def test_a_short_training_that_had_turned_round_is_no_fault(made: MakeStore) -> None:
    def turn(outcome: Outcome) -> None:
        steps = np.arange(1, 11) * 100
        outcome.curve = steps, np.array([5.0, 4, 3, 2, 1, 1, 1, 2, 3, 4])

    assert _with_fault(made(), _schnet, turn) == []


def test_an_error_that_rises_with_the_training_frames(made: MakeStore) -> None:
    def worsen(outcome: Outcome) -> None:
        outcome.forces += 2 * np.random.default_rng(1).normal(size=outcome.forces.shape)

    def where(cell: Cell) -> bool:
        return (cell.model, cell.size) == ("sgdml", 80)

    def both(cell: Cell) -> bool:
        return cell.model == "sgdml" and cell.size in {40, 80}

    store = made()
    found = _only(_with_fault(store, where, worsen), store, both)
    assert (found.severity, found.code) == ("warning", "curve-not-monotone")
    assert found.where == "sgdml springs 40 (seeds 0, 1); sgdml springs 80 (seeds 0, 1)"
    assert found.text.startswith("force RMSE rises from 1.26 to 2.")
    assert found.numbers["after"] > found.numbers["before"] + found.numbers["spread"]


def test_a_rise_within_the_seeds_spread_is_left_alone(made: MakeStore) -> None:
    """One seed is worse at the larger size, the others are better."""

    def worsen(outcome: Outcome) -> None:
        outcome.forces += 2 * np.random.default_rng(1).normal(size=outcome.forces.shape)

    def where(cell: Cell) -> bool:
        return (cell.model, cell.size, cell.seed) == ("sgdml", 80, 0)

    found = _with_fault(made(seeds=[0, 1, 2, 3]), where, worsen)
    assert "curve-not-monotone" not in {one.code for one in found}


def test_one_seed_alone_must_rise_by_a_tenth(made: MakeStore) -> None:
    def worsen(outcome: Outcome) -> None:
        outcome.forces += 2 * np.random.default_rng(1).normal(size=outcome.forces.shape)

    def where(cell: Cell) -> bool:
        return cell.size == 80

    def all_of(cell: Cell) -> bool:
        return cell.size in {40, 80}

    store = made(models=["sgdml"], seeds=[0])
    found = _only(_with_fault(store, where, worsen), store, all_of)
    assert found.text.endswith("between 40 and 80 frames, by one seed")


def test_a_seed_far_from_all_others(made: MakeStore) -> None:
    def spread(outcome: Outcome) -> None:
        factor = 1.0 + 0.02 * outcome.cell.seed + 1.5 * (outcome.cell.seed == 3)
        reference = store.dataset.frames.take(outcome.indices["test"])
        outcome.forces = reference.forces + factor * (outcome.forces - reference.forces)

    def where(cell: Cell) -> bool:
        return cell.seed == 3

    store = made(models=["sgdml"], sizes=[40], seeds=range(6))
    found = _only(_with_fault(store, lambda _: True, spread), store, where)
    assert (found.severity, found.code) == ("warning", "outlier-seed")
    assert found.where == "sgdml springs 40 (seed 3)"
    assert found.text == ("force RMSE of 3.24 kcal/mol/Å is 2.42 times the median of 6 seeds, 1.34")


def test_seeds_that_spread_evenly_are_no_outliers(made: MakeStore) -> None:
    def spread(outcome: Outcome) -> None:
        reference = store.dataset.frames.take(outcome.indices["test"])
        factor = 1.0 + 0.3 * outcome.cell.seed
        outcome.forces = reference.forces + factor * (outcome.forces - reference.forces)

    store = made(models=["sgdml"], sizes=[40], seeds=range(6))
    assert _with_fault(store, lambda _: True, spread) == []


def test_models_that_were_tested_on_other_frames(made: MakeStore) -> None:
    def move(outcome: Outcome) -> None:
        outcome.indices["test"] = outcome.indices["test"][::-1].copy()
        reference = store.dataset.frames.take(outcome.indices["test"])
        outcome.energies = reference.energies + _wave(len(reference.energies))
        outcome.forces = reference.forces

    def seed_one(cell: Cell) -> bool:
        return cell.seed == 1

    store = made(sizes=[40])
    found = _with_fault(store, _one, move)
    assert [one.code for one in found] == ["test-sets-differ", "split-differs"]
    assert found[0].severity == "error"
    assert _only(found[:1], store, seed_one).text == (
        "2 different test sets for springs, seed 1: schnet | sgdml"
    )
    assert _only(found[1:], store, _one).where == "sgdml springs 40 (seed 1)"


def test_test_frames_that_were_trained_on(made: MakeStore) -> None:
    def leak(outcome: Outcome) -> None:
        outcome.indices["train"][:5] = outcome.indices["test"][:5]

    store = made(models=["schnet"])
    found = _with_fault(store, _schnet, leak)
    assert [one.code for one in found] == ["split-differs", "test-frames-trained-on"]
    assert found[1].text == "5 test frames are training or validation frames too"


def test_frames_that_are_not_those_of_the_grid(made: MakeStore) -> None:
    store = made(models=["schnet"], sizes=[40], seeds=[0])
    store.finish_all()
    other = samples(200, seed=0)
    energies = other.energies + 1.0
    frames = Frames(
        species=SPECIES, positions=other.positions, energies=energies, forces=other.forces
    )
    path = store.store.layout.dataset("springs")
    write_dataset(path, frames, FixedSets(), {})
    codes = {one.code for one in store.findings()}
    assert codes == {"frames-differ", "energy-offset", "scores-differ"}


def test_duplicates_in_the_store_are_told(tmp_path: Path) -> None:
    made = make_finished(tmp_path / "store", models=["schnet"], sizes=[40], seeds=[0])
    source = samples(200, seed=0)
    order = np.r_[np.arange(192), np.arange(8)]
    frames = Frames(
        species=SPECIES,
        positions=source.positions[order],
        energies=source.energies[order],
        forces=source.forces[order],
    )
    write_dataset(made.store.layout.dataset("springs"), frames, FixedSets(), {})
    codes = [one.code for one in made.findings()]
    assert codes == ["frames-duplicate"]


def test_a_trajectory_that_is_dealt_out_singly_is_told_once(made: MakeStore) -> None:
    store = made(models=["schnet"], sizes=[40], seeds=[0])
    store.finish_all()
    note = {"severity": "note", "code": "trajectory", "text": "frames follow each other"}
    found = replace(store.examined(), frames={"springs": [note]})
    (one,) = run_checks(found)
    assert (one.severity, one.code) == ("note", "frames-trajectory")
    blocks = replace(found, split=SPLIT.model_dump() | {"kind": "blocks"})
    assert run_checks(blocks) == []


def test_failed_and_stopped_cells_are_named_with_their_reasons(made: MakeStore) -> None:
    store = made(models=["schnet"], sizes=[40], seeds=range(5))
    cells = store.frozen.cells
    store.finish(cells[0])
    for cell, outcome in zip(cells[1:4], ("failed", "failed", "stopped"), strict=True):
        attempt = claim(store.store.cell(cell))
        record_start(attempt, {"record": 0, "threads": 1, "gpu": None})
        message = "no memory" if outcome == "failed" else None
        record_end(attempt, {"outcome": outcome, "message": message, "reason": "walltime"})
    failed, stopped = store.findings()
    assert (failed.code, failed.where, failed.text) == (
        "cells-failed",
        "schnet springs 40 (seeds 1, 2)",
        "no memory",
    )
    assert (stopped.code, stopped.where, stopped.text) == (
        "cells-stopped",
        "schnet springs 40 (seed 3)",
        "walltime",
    )


def test_cells_that_cannot_be_checked_are_told(made: MakeStore) -> None:
    store = made(sizes=[40])
    store.finish_all()
    store.store.layout.dataset("springs").unlink()
    found = store.findings()
    assert {one.code for one in found} == {"not-checked", "frames-unreadable"}
    unchecked = next(one for one in found if one.code == "not-checked")
    assert unchecked.text == "the molecule's frames cannot be used: no such file"
    assert len(unchecked.cells) == 4


def _wave(number: int) -> np.ndarray:
    return 0.1 * np.cos(np.arange(number, dtype=float))
