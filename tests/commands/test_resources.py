"""Cells get what they need, or are refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff import resume, submit
from hpcmlff.console import say
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.reconcile import survey
from hpcmlff.store.store import open_store

WriteGrid = Callable[..., Path]

SLURM = """
name: test
scheduler: slurm
partitions: [{name: cpu, cpus: 16, mem_gb: 0.1, walltime: 1h}]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.yaml").write_text(SLURM)


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    capsys.readouterr()
    assert submit.main(["grid.yaml", *options]) == 3
    assert not Path("runs").exists()
    return capsys.readouterr().err.partition("error: ")[2].rstrip("\n")


def test_less_memory_than_a_cell_needs_is_refused_on_this_machine(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(resources="[{when: {size: 20}, mem_gb: 0.1}]")
    message = (
        "grid.yaml:6: resources: mean/springs/n20 (2 cells) needs at least 0.2 GiB, its mem_gb "
        "is 0.1. Write mem_gb: 0.5 or auto"
    )
    assert refused(capsys) == message
    assert refused(capsys, "--dry-run") == message


def test_several_kinds_are_refused_in_one_message(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(resources="[{mem_gb: 0.1}]")
    assert refused(capsys) == (
        "grid.yaml:6: resources: 4 cells need more memory than they get:\n"
        "  mean/springs/n10 (2 cells) needs at least 0.2 GiB, its mem_gb is 0.1: "
        "write mem_gb: 0.5 or auto\n"
        "  mean/springs/n20 (2 cells) needs at least 0.2 GiB, its mem_gb is 0.1: "
        "write mem_gb: 0.5 or auto"
    )


def test_a_cluster_with_too_little_memory_is_refused(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(axes="{model: [mean], size: [10]}", resources="[{mem_gb: auto, walltime: auto}]")
    assert refused(capsys, "--profile", "test.yaml") == (
        "grid.yaml:6: resources: mean/springs/n10 needs at least 0.2 GiB; the profile 'test' "
        "offers: cpu 0.1 GiB. Choose a partition or profile with more memory"
    )


def test_molecules_that_are_yet_to_be_made_are_estimated_too(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    glycine = "{glycine: {generate: {molecule: glycine, frames: 60}}}"
    grid_file(molecules=glycine, axes="{model: [sgdml], size: [30]}", resources="[{mem_gb: 0.01}]")
    assert "sgdml/glycine/n30 needs at least " in refused(capsys)


def test_auto_is_settled_for_each_submission_and_is_no_part_of_a_cell(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(resources="[{mem_gb: auto, walltime: auto}]")
    assert submit.main(["grid.yaml", "--wait"]) == 0
    store = open_store(tmp_path / "runs" / "springs")
    frozen = store.current_grid()
    assert store.ledger.read(1).mem_gb == (0.5,) * 4
    assert {one.mem_gb for one in frozen.resources} == {"auto"}
    grid_file(resources="[{mem_gb: 2}]")
    capsys.readouterr()
    assert submit.main(["grid.yaml"]) == 0
    assert "nothing to train" in capsys.readouterr().err
    assert store.current_grid().cells == frozen.cells


def test_cells_that_are_done_need_no_memory_any_more(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(axes="{model: [mean], size: [10]}")
    assert submit.main(["grid.yaml", "--wait"]) == 0
    grid_file(resources="[{when: {size: 10, seed: 0}, mem_gb: 0.1}]")
    assert submit.main(["grid.yaml", "--wait"]) == 0
    grid_file(
        axes="{model: [mean], size: [10, 20], seed: [0, 1, 2]}",
        resources="[{when: {seed: [0, 2]}, mem_gb: 0.1}]",
    )
    capsys.readouterr()
    assert submit.main(["grid.yaml"]) == 3
    lines = capsys.readouterr().err.splitlines()[-2:]
    assert [line.partition(" needs")[0] for line in lines] == [
        "  mean/springs/n10",
        "  mean/springs/n20",
    ]


def test_resume_refuses_what_cannot_be_trained_and_submits_nothing(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(axes="{model: [mean], size: [10]}", resources="[{mem_gb: 0.1}]")
    store, frozen = settle(draft(path, say), say)
    capsys.readouterr()
    assert resume.main([]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: {frozen.cells[0].label} needs at least 0.2 GiB, its mem_gb is 0.1. "
        "Write mem_gb: 0.5 or auto"
    )
    assert store.ledger.open_records() == []
    assert [one.state.value for one in survey(store, frozen.cells)] == ["pending"]


def test_resume_settles_auto_from_the_store_alone(grid_file: WriteGrid, tmp_path: Path) -> None:
    path = grid_file(axes="{model: [mean], size: [10]}", resources="[{mem_gb: auto}]")
    store, _ = settle(draft(path, say), say)
    path.unlink()
    (tmp_path / "springs.xyz").unlink()
    assert resume.main(["--wait", str(store.path)]) == 0
    assert store.ledger.read(1).mem_gb == (0.5,)
