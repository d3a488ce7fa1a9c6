"""What is gathered, that only what is new is read, and that a damaged file is made anew."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from evidence.finished import FinishedStore, Outcome, make_finished

from hpcmlff.evidence import gathering
from hpcmlff.evidence.columns import N_ENERGIES, N_FORCES
from hpcmlff.evidence.kept import read_kept
from hpcmlff.models import registry
from hpcmlff.models.protocol import KeepsCurve


@pytest.fixture
def made(tmp_path: Path) -> FinishedStore:
    return make_finished(tmp_path / "store", sizes=[40], seeds=[0, 1])


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The labels of all cells that are read from now on."""
    labels: list[str] = []
    real = gathering.read

    def counted(found, dataset, places):
        labels.append(found.cell.label)
        return real(found, dataset, places)

    monkeypatch.setattr(gathering, "read", counted)
    return labels


def test_only_new_cells_are_read(made: FinishedStore, reads: list[str]) -> None:
    first, second, *rest = made.frozen.cells
    made.finish(first)
    made.finish(second)
    assert len(made.results().evidence) == 2
    assert sorted(reads) == sorted([first.label, second.label])
    reads.clear()
    made.results()
    assert reads == []
    made.finish(rest[0])
    found = made.results()
    assert reads == [rest[0].label]
    assert [label.decode() for label in found.evidence.rows["label"]] == [
        first.label,
        second.label,
        rest[0].label,
    ]


def test_an_index_that_others_have_made_leaves_nothing_unread(
    made: FinishedStore, reads: list[str]
) -> None:
    from hpcmlff.store.index import refresh

    made.finish_all()
    refresh(made.store, made.frozen.cells)
    assert len(made.results().evidence) == 4
    assert len(reads) == 4


@pytest.mark.parametrize("harm", ["cut", "flip", "older", "gone"])
def test_a_file_that_is_not_right_is_made_anew(
    made: FinishedStore, reads: list[str], harm: str
) -> None:
    made.finish_all()
    before = made.results().evidence.rows.tobytes()
    path = made.store.layout.evidence
    _harm(path, harm)
    assert made.results().evidence.rows.tobytes() == before
    assert len(reads) == 8
    assert read_kept(made.store).evidence.rows.tobytes() == before


def _harm(path: Path, harm: str) -> None:
    data = path.read_bytes()
    if harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "gone":
        path.unlink()
    else:
        with h5py.File(path, "r+", locking=False) as file:
            if harm == "older":
                file.attrs["version"] = 0
            else:
                file["forces"][0, 0, 0] += 1.0


def test_a_store_that_may_only_be_read_gives_the_same(
    made: FinishedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpcmlff.evidence import kept

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    made.finish_all()
    monkeypatch.setattr(kept, "write_durably", refused)
    assert len(made.results().evidence) == 4
    assert not made.store.layout.evidence.exists()


def test_what_could_not_be_read_is_tried_again(made: FinishedStore) -> None:
    made.finish_all()
    path = made.store.layout.dataset("springs")
    frames = path.read_bytes()
    path.write_bytes(frames[:1000])
    problems = set(made.results().facts["problem"])
    assert len(problems) == 1
    assert problems.pop().startswith("the molecule's frames cannot be used: the dataset is damaged")
    path.write_bytes(frames)
    assert set(made.results().facts["problem"]) == {""}


def test_a_part_that_is_missing_leaves_the_others(made: FinishedStore) -> None:
    def cut(outcome: Outcome) -> None:
        del outcome.model["residual"]

    cell = made.frozen.cells[2]
    assert cell.model == "sgdml"
    made.finish(cell, cut)
    facts = made.results().facts.loc[cell.id]
    assert facts["problem"] == "the final checkpoint has no residual"
    assert facts["n_compared"] == 40
    assert facts["split_digest"] == cell.split


def test_points_kept_for_plots_are_energies_less_their_mean(made: FinishedStore) -> None:
    made.finish_all()
    evidence = made.results().evidence
    assert evidence.energies.shape == (4, N_ENERGIES, 2)
    assert evidence.forces.shape == (4, N_FORCES, 2)
    points = evidence.energies[0]
    points = points[np.isfinite(points[:, 0])]
    assert len(points) == 40
    assert abs(points[:, 0].mean()) < 1e-3
    difference = points[:, 1] - points[:, 0]
    expected = made.outcome(made.frozen.cells[0]).energies
    reference = made.dataset.frames.take(made.outcome(made.frozen.cells[0]).indices["test"])
    np.testing.assert_allclose(
        np.sort(difference), np.sort(expected - reference.energies), rtol=0, atol=1e-5
    )


def test_errors_of_each_element(made: FinishedStore) -> None:
    def worsen(outcome: Outcome) -> None:
        reference = made.dataset.frames.take(outcome.indices["test"])
        outcome.forces = reference.forces.copy()
        outcome.forces[:, [2, 4], 0] += 3.0

    made.finish(made.frozen.cells[0], worsen)
    (elements,) = made.results().evidence.elements
    found = elements[elements["number"] > 0]
    assert found["number"].tolist() == [1, 6, 7, 8]
    assert found["n_components"].tolist() == [240, 120, 120, 120]
    assert found["force_mae_kcal_mol_ang"] == pytest.approx([1.0, 0, 0, 0], abs=1e-12)
    assert found["force_rmse_kcal_mol_ang"] == pytest.approx([3**0.5, 0, 0, 0], abs=1e-12)


def test_a_cell_that_is_done_in_the_meantime_is_not_called_damaged(
    made: FinishedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes done between two looks; the other order would have called it damaged."""
    import hpcmlff.results

    real, cell = hpcmlff.results.survey, made.frozen.cells[0]

    def slow(store, cells):
        found = real(store, cells)
        made.finish(cell)
        return found

    monkeypatch.setattr(hpcmlff.results, "survey", slow)
    rows = made.results().rows
    assert rows["state"].tolist() == ["pending"] * 4
    monkeypatch.setattr(hpcmlff.results, "survey", real)
    assert made.results().rows["state"].tolist() == ["done"] + ["pending"] * 3


def test_schnet_keeps_the_curve_that_convergence_is_judged_by() -> None:
    assert isinstance(registry.load("schnet"), KeepsCurve)
