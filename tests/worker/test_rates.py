"""What a finished cell has measured is there for the next submission, and can do no harm."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Mapping

import pytest

from hpcmlff.models.mean import MeanState, MeanTrainer
from hpcmlff.models.schnet.estimate import EXPECTED, STEP
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.profile import LocalProfile
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.headers import is_done
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store
from hpcmlff.worker.rates import keep_rates, measured

Settled = Callable[..., tuple[Store, FrozenGrid]]
Worker = Callable[..., subprocess.CompletedProcess[str]]

SCHNET = "{schnet: {features: 8, interactions: 1, gaussians: 5, steps: 60}}"
STATE = MeanState(step=1, steps=1, total=1.0)
FACTS = {"cpu": "EPYC (128 cores)", "gpu": None}


def one_schnet(settled: Settled) -> tuple[Store, Cell]:
    store, frozen = settled(axes="{model: [schnet], size: [20]}", models=SCHNET)
    return store, frozen.cells[0]


def intend(store: Store, *cells: Cell) -> Record:
    profile = LocalProfile(name="vega", scheduler="local").model_dump(mode="json")
    ids = tuple(cell.id for cell in cells)
    intent = Intent(profile=profile, cells=ids, mark="mark", revision=1, placement={})
    return store.ledger.intend(intent)


def test_a_network_leaves_its_rates_for_the_profile_it_was_submitted_by(
    settled: Settled, worker: Worker
) -> None:
    store, cell = one_schnet(settled)
    record = intend(store, cell)
    assert worker(store, cell.id, "--record", str(record.number)).returncode == 0
    found = store.rates.read("vega", "schnet", "cpu")
    assert sorted(found) == [EXPECTED, STEP]
    assert found[STEP] > 0


def test_a_cell_started_by_hand_leaves_none(settled: Settled, worker: Worker) -> None:
    store, cell = one_schnet(settled)
    assert worker(store, cell.id).returncode == 0
    assert not store.layout.rates.exists()


def test_rates_that_cannot_be_written_leave_the_cell_done(settled: Settled, worker: Worker) -> None:
    store, cell = one_schnet(settled)
    record = intend(store, cell)
    store.layout.rates.touch()
    assert worker(store, cell.id, "--record", str(record.number)).returncode == 0
    assert is_done(store.cell(cell))
    assert "the rates were not kept: FileExistsError" in store.cell(cell).attempt(1).log.read_text()


class Boastful(MeanTrainer):
    """Says what it likes about its speed."""

    answer: Mapping[str, object]

    def rates(self, state: MeanState) -> Mapping[str, object]:
        del state
        return self.answer


def boasting(answer: object) -> Boastful:
    trainer = Boastful()
    trainer.answer = answer  # type: ignore[assignment]
    return trainer


def test_a_trainer_need_not_measure_anything() -> None:
    assert measured(MeanTrainer(), STATE) == {}
    assert measured(boasting({"a": 3}), STATE) == {"a": 3.0}


@pytest.mark.parametrize("answer", [None, {"a": "fast"}, {"a": None}, 7])
def test_a_trainer_that_answers_nonsense_is_warned_of(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert measured(boasting(answer), STATE) == {}
    assert caplog.text.count("the rates could not be asked for") == 1


def test_what_is_no_rate_is_logged_and_not_kept(
    settled: Settled, caplog: pytest.LogCaptureFixture
) -> None:
    store, frozen = settled()
    record = intend(store, *frozen.cells)
    with caplog.at_level(logging.WARNING):
        keep_rates(store, record.number, "mean", {"a": -1.0}, FACTS)
    assert "the rates were not kept" in caplog.text
    assert not store.layout.rates.exists()


def test_the_machine_is_named_by_its_gpu_where_one_was_used(settled: Settled) -> None:
    store, frozen = settled()
    record = intend(store, *frozen.cells)
    keep_rates(store, record.number, "mean", {"a": 1.0}, FACTS | {"gpu": "A100"})
    assert store.rates.read("vega", "mean", "cuda") == {"a": 1.0}
    assert store.rates.read("vega", "mean", "cpu") == {}
