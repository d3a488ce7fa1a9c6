"""`submit --dry-run` as a plan: from real grids and stores, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcmlff import cancel, submit
from hpcmlff.files import read_json
from hpcmlff.store.store import open_store

PROFILE = """
name: test
scheduler: slurm
partitions: [{name: cpu, cpus: 16, mem_gb: 64, walltime: 1h}]
"""
LONG = "{mean: {steps: 100, step_s: 61}}"

WriteGrid = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.yaml").write_text(PROFILE)
    (tmp_path / "manual.yaml").write_text(PROFILE + "requeue: manual\n")


def facts(capsys: Capture, profile: str = "test.yaml", code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert submit.main(["grid.yaml", "--dry-run", "--json", "--profile", profile]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def lines(capsys: Capture, profile: str = "test.yaml") -> list[str]:
    capsys.readouterr()
    assert submit.main(["grid.yaml", "--dry-run", "--profile", profile]) == 0
    return [line.rstrip() for line in capsys.readouterr().err.splitlines()]


def test_hours_jobs_and_disk_are_told_for_every_kind_and_in_all(
    grid_file: WriteGrid, capsys: Capture
) -> None:
    grid_file(models=LONG, resources="[{when: {size: 20}, cpus: 4}]")
    found = facts(capsys)
    assert found["kinds"][1] == {
        "model": "mean",
        "molecule": "springs",
        "size": 20,
        "cells": 2,
        "partition": "cpu",
        "mem_gb": 4.0,
        "wall_s": 6101.0,
        "left_s": 6101.0,
        "walltimes": 2,
        "core_h": pytest.approx(8 * 6101 / 3600),
        "gpu_h": 0.0,
        "disk_gb": 0.001,
        "kept_gb": 0.001,
        "time_from": "default",
        "finished": 0,
    }
    sums = found["totals"]
    assert (sums["cells"], sums["jobs"], sums["elements"]) == (4, 2, 4)
    assert sums["core_h"] == pytest.approx(10 * 6101 / 3600)
    assert (sums["most_core_h"], sums["most_gpu_h"]) == (10.0, 0.0)
    assert sums["free_gb"] > 0
    assert found["will_not_fit"] == []
    assert not Path("runs").exists()


def test_times_of_finished_cells_come_before_estimates(
    grid_file: WriteGrid, capsys: Capture, tmp_path: Path
) -> None:
    settings = "{mean: {steps: 2, step_s: 0.05}}"
    grid_file(axes="{model: [mean], size: [10], seed: [0, 1, 2]}", models=settings)
    assert submit.main(["grid.yaml", "--profile", "local", "--wait"]) == 0
    grid_file(axes="{model: [mean], size: [10, 20], seed: [0, 1, 2, 3]}", models=settings)
    found = facts(capsys, "local")
    assert found["states"] == {
        "pending": 5,
        "queued": 0,
        "running": 0,
        "stopped": 0,
        "failed": 0,
        "done": 3,
        "elsewhere": 0,
    }
    store = open_store(tmp_path / "runs" / "springs")
    ends = [read_json(store.cell(one).attempt(1).end) for one in store.current_grid().cells]
    known, unknown = found["kinds"]
    assert (known["size"], known["cells"], known["time_from"], known["finished"]) == (
        10,
        1,
        "finished",
        3,
    )
    assert known["wall_s"] == sorted(one["wall_s"] for one in ends)[1]
    assert (unknown["size"], unknown["cells"], unknown["time_from"]) == (20, 4, "default")
    elsewhere = facts(capsys)["kinds"]
    assert [one["time_from"] for one in elsewhere] == ["default", "default"]
    assert "  times: from finished cells of mean; by default figures for mean" in lines(
        capsys, "local"
    )


def test_people_see_a_table_the_sums_and_what_to_do_next(
    grid_file: WriteGrid, capsys: Capture
) -> None:
    grid_file(models=LONG)
    shown = lines(capsys, "manual.yaml")
    head = next(number for number, line in enumerate(shown) if line.startswith(" cells"))
    assert shown[head].split() == [
        *("cells", "number", "each", "jobs", "core-h", "memory", "disk", "time", "from")
    ]
    assert shown[head + 2].split() == [
        *("mean/springs/n10", "2", "102", "min", "2", "3.4", "4.0", "GiB", "2", "MiB", "default")
    ]
    text = "\n".join(shown)
    assert "expected: 1 job, 6.8 core-hours; 4 MiB of disk, 4 MiB of it for good" in text
    assert "will not fit (walltime): 4 cells will need up to 2 jobs, one after the other;" in text
    assert shown[-1] == "next: python -m hpcmlff.submit grid.yaml --profile manual.yaml"


def test_a_plan_fits_eighty_columns_and_has_no_colours(
    grid_file: WriteGrid, capsys: Capture, tmp_path: Path
) -> None:
    name = "a-molecule-with-a-long-name"
    units = "{energy: kcal/mol, length: angstrom}"
    grid_file(
        molecules=f"{{{name}: {{path: springs.xyz, units: {units}}}}}",
        axes="{model: [mean, schnet, sgdml], size: [10, 20], seed: [0]}",
        resources="[{mem_gb: auto, walltime: auto, gpus: 1}]",
    )
    (tmp_path / "gpu.yaml").write_text(PROFILE.replace("cpus: 16", "cpus: 16, gpus: 4"))
    shown = lines(capsys, "gpu.yaml")
    shown = shown[shown.index("6 cells: 6 pending") :]
    assert max(len(line) for line in shown) <= 80
    assert not any("\x1b" in line for line in shown)
    assert "GPU-h" in "".join(shown)
    head = next(number for number, line in enumerate(shown) if line.startswith(" cells"))
    wide = shown[head].index("number")
    named = "".join(line[:wide].strip() for line in shown[head:])
    assert f"schnet/{name}/n20" in named


def test_many_sizes_are_shown_in_one_row(grid_file: WriteGrid, capsys: Capture) -> None:
    sizes = ", ".join(str(size) for size in range(5, 30))
    grid_file(models=LONG, axes=f"{{model: [mean], size: [{sizes}], seed: [0, 1]}}")
    rows = [line.split() for line in lines(capsys) if line.startswith(" mean/")]
    assert [row[:2] for row in rows] == [["mean/springs/n5-29", "50"]]
    assert len(facts(capsys)["kinds"]) == 25


def test_what_no_job_can_hold_is_told_beside_the_plan_for_the_rest(
    grid_file: WriteGrid, capsys: Capture
) -> None:
    grid_file(models=LONG, resources="[{when: {size: 20}, mem_gb: 0.1}]")
    found = facts(capsys, code=3)
    assert [(one["size"], one["cells"]) for one in found["kinds"]] == [(10, 2)]
    [misfit] = found["will_not_fit"]
    assert (misfit["code"], misfit["cells"]) == ("resources", 2)
    assert "needs at least 0.2 GiB, its mem_gb is 0.1" in misfit["text"]
    assert len(found["submitted"]) == 2
    assert submit.main(["grid.yaml", "--dry-run", "--profile", "test.yaml"]) == 3
    shown = capsys.readouterr().err
    assert "will not fit (resources): " in shown
    assert shown.splitlines()[-1] == (
        "error: grid.yaml:7: resources: mean/springs/n20 (2 cells) needs at least 0.2 GiB, "
        "its mem_gb is 0.1. Write mem_gb: 0.5 or auto"
    )
    assert not Path("runs").exists()


def test_cells_whose_frames_are_yet_to_be_made_are_planned_too(
    grid_file: WriteGrid, capsys: Capture
) -> None:
    units = "{energy: kcal/mol, length: angstrom}"
    recipe = "{generate: {molecule: glycine, frames: 60}}"
    grid_file(molecules=f"{{springs: {{path: springs.xyz, units: {units}}}, glycine: {recipe}}}")
    found = facts(capsys)
    assert (found["frames_to_make"], found["submitted"]) == (["glycine"], None)
    assert [(one["molecule"], one["size"], one["cells"]) for one in found["kinds"]] == [
        *(("springs", 10, 2), ("springs", 20, 2), ("glycine", 10, 2), ("glycine", 20, 2))
    ]
    assert "frames are yet to be made: glycine" in lines(capsys)
    assert not Path("runs").exists()


def test_a_submission_says_what_will_not_fit_as_well(
    grid_file: WriteGrid, capsys: Capture, tmp_path: Path
) -> None:
    text = "name: short\nscheduler: local\nwalltime: 40s\ngrace: 10s\n"
    (tmp_path / "short.yaml").write_text(text)
    grid_file(axes="{model: [mean], size: [10]}", models="{mean: {steps: 2, step_s: 30}}")
    assert submit.main(["grid.yaml", "--profile", "short.yaml"]) == 0
    assert cancel.main([]) == 0
    shown = capsys.readouterr().err
    assert "will not fit (walltime): 1 cell will need up to 3 jobs, one after the other;" in shown


def test_nothing_to_submit_is_a_plan_as_well(grid_file: WriteGrid, capsys: Capture) -> None:
    grid_file(axes="{model: [mean], size: [10]}")
    assert submit.main(["grid.yaml", "--profile", "local", "--wait"]) == 0
    shown = lines(capsys, "local")
    assert shown[-3:-1] == ["1 cells: 1 done", "would submit nothing to the profile 'local'"]
    assert shown[-1].startswith("next: python -m hpcmlff.status ")
    found = facts(capsys, "local")
    assert (found["kinds"], found["totals"]["core_h"], found["scripts"]) == ([], 0, [])
