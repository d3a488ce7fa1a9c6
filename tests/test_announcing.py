"""What people and scripts are told before a submission."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff import submit
from hpcmlff.console import say
from hpcmlff.models.schnet.estimate import EXPECTED, STEP
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.store.store import Store

PROFILE = """
name: test
scheduler: slurm
partitions: [{name: cpu, cpus: 16, mem_gb: 64, walltime: 1h}]
array_cap: 3
"""
LOCAL = "name: here\nscheduler: local\ncpus: 4\nmem_gb: 8\n"
LONG = "{mean: {steps: 100, step_s: 61}}"
AUTO = "[{mem_gb: auto, walltime: auto}]"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.yaml").write_text(PROFILE)
    (tmp_path / "here.yaml").write_text(LOCAL)


def settled(path: Path) -> Store:
    return settle(draft(path, say), say)[0]


def told(capsys: pytest.CaptureFixture[str], profile: str = "test.yaml") -> list[str]:
    capsys.readouterr()
    assert submit.main(["grid.yaml", "--dry-run", "--profile", profile]) == 0
    lines = capsys.readouterr().err.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("would submit"))
    # What follows an empty line is the plan.
    return lines[start + 1 : next(n for n, line in enumerate(lines) if not line.strip())]


def test_equal_jobs_are_one_line_with_what_they_take(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(models=LONG, axes="{model: [mean], size: [10], seed: [0, 1, 2, 3, 4, 5]}")
    assert told(capsys) == [
        "6 cells by the profile 'test':",
        "  2 x array of 3 cells on cpu: 1 cpus, 0 gpus, 4 GiB, 1 h 00 min each",
        "    the longest takes about 1 h 41 min, 2 walltimes; disk 6 MiB",
        "  times: by default figures for mean",
        "at most 6 core-hours and 0 GPU-hours until the first requeue",
    ]


def test_what_auto_stands_for_is_shown(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(resources=AUTO, axes="{model: [mean], size: [10]}")
    assert told(capsys) == [
        "1 cells by the profile 'test':",
        "  job of one cell on cpu: 1 cpus, 0 gpus, 0.5 GiB, 5 min 00 s each",
        "    takes about 1 s; disk 1 MiB",
        "  times: by default figures for mean",
        "at most 0 core-hours and 0 GPU-hours until the first requeue",
    ]


def test_measured_rates_are_used_and_told_of(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(axes="{model: [mean, schnet], size: [10]}", resources=AUTO)
    store = settled(path)
    before = told(capsys)
    assert before[-2] == "  times: by default figures for mean, schnet"
    store.rates.keep("test", "schnet", "cpu", "a host", {STEP: 10.0, EXPECTED: 1.0})
    after = told(capsys)
    assert after[-2] == "  times: measured here for schnet; by default figures for mean"
    assert after[3] != before[3]
    assert "1 h 00 min each" in after[3]


def test_on_one_machine_memory_and_times_are_told(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "[{mem_gb: auto}, {when: {size: 20}, mem_gb: 3}]"
    grid_file(resources=rules, models=LONG)
    assert told(capsys, "here.yaml") == [
        "4 cells in one background job of this machine:",
        "  0.5 to 3 GiB each; the longest takes about 1 h 41 min; disk 4 MiB",
        "  times: by default figures for mean",
    ]


def test_scripts_are_told_the_same(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(models=LONG, axes="{model: [mean], size: [10], seed: [0, 1, 2, 3, 4, 5]}")
    capsys.readouterr()
    command = ["grid.yaml", "--dry-run", "--json", "--profile", "test.yaml"]
    assert submit.main(command) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rates"] == {"mean": "default"}
    assert facts["batches"] == [
        {
            "jobs": 2,
            "elements": 3,
            "cells": 6,
            "mem_gb": [4.0, 4.0],
            "longest_s": 6101.0,
            "walltimes": 2,
            "disk_gb": pytest.approx(0.006),
            "partition": "cpu",
            "cpus": 1,
            "gpus": 0,
            "walltime_s": 3600,
            "parallel": 3,
            "cells_per_element": 1,
        }
    ]


def test_jobs_of_several_cells_are_told_with_what_all_of_them_get(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = ", ".join(map(str, range(11)))
    axes = f"{{model: [mean], size: [10, 20], seed: [{seeds}]}}"
    rules = "[{cells_per_job: 4, mem_gb: 2}, {when: {size: 20}, cells_per_job: 8, cpus: 2}]"
    grid_file(models=LONG, axes=axes, resources=rules)
    assert told(capsys) == [
        "22 cells by the profile 'test':",
        "  array of 3 jobs of up to 4 cells on cpu: 4 cpus, 0 gpus, 8 GiB, 1 h 00 min",
        "      each",
        "    the longest takes about 1 h 41 min, 2 walltimes; disk 11 MiB",
        "  array of 2 jobs of up to 6 cells on cpu: 12 cpus, 0 gpus, 12 GiB, 1 h 00 min",
        "      each",
        "    the longest takes about 1 h 41 min, 2 walltimes; disk 11 MiB",
        "  times: by default figures for mean",
        "at most 36 core-hours and 0 GPU-hours until the first requeue",
    ]
    few = "{model: [mean], size: [10], seed: [0, 1]}"
    grid_file(models=LONG, axes=few, resources="[{cells_per_job: 4, mem_gb: 2}]")
    assert told(capsys)[1] == ("  job of 2 cells on cpu: 2 cpus, 0 gpus, 4 GiB, 1 h 00 min each")
    capsys.readouterr()
    command = ["grid.yaml", "--dry-run", "--json", "--profile", "test.yaml"]
    assert submit.main(command) == 0
    [batch] = json.loads(capsys.readouterr().out)["batches"]
    assert (batch["cells"], batch["mem_gb"], batch["cells_per_element"]) == (2, [2.0, 2.0], 2)


def test_a_job_that_no_node_holds_is_refused_with_how_many_cells_would_fit(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grid_file(axes="{model: [mean], size: [10]}", resources="[{cells_per_job: 5, mem_gb: 20}]")
    capsys.readouterr()
    assert submit.main(["grid.yaml", "--profile", "test.yaml"]) == 3
    assert capsys.readouterr().err.partition("error: ")[2] == (
        "grid.yaml:6: resources: mean/springs/n10 asks for 1 cpus, 0 gpus, 20 GiB, any walltime; "
        "no partition of the profile 'test' offers that:\n"
        "  cpu: 16 cpus, 0 gpus, 64 GiB, 1 h for 5 cells in one job; 3 would fit. "
        "Ask for less, or change the profile\n"
    )
    assert not Path("runs").exists()
