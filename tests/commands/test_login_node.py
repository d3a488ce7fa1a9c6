"""Commands for login nodes import no engine, whatever they do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff import submit
from hpcmlff.console import say
from hpcmlff.prepare.draft import draft, settle

HEAVY = {"torch", "schnetpack", "sgdml", "numba"}
CODE = """
import sys
from hpcmlff.{0} import main
code = main(sys.argv[1:])
loaded = {{name.partition(".")[0] for name in sys.modules}}
print("loaded:", *sorted(loaded & {1!r}), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("submit", ["grid.yaml", "--wait"]),
        ("submit", ["grid.yaml", "--dry-run"]),
        ("status", ["--all"]),
        ("status", ["mean", "--watch"]),
        ("show", ["mean/springs/n10/s0"]),
        ("logs", ["mean/springs/n10/s0", "-f"]),
        ("retry", ["state=failed"]),
        ("cancel", ["mean"]),
        ("resume", []),
        ("collect", []),
        ("cancel", []),
        ("lease", ["runs/springs"]),
    ],
)
def test_no_engine_is_imported(
    grid_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    grid_file(axes="{model: [mean], size: [10]}")
    if command != "submit":
        assert submit.main(["grid.yaml", "--wait"]) == 0
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(command, HEAVY), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "loaded:"


def test_a_grid_of_models_with_engines_is_planned_without_them(
    grid_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grid_file(axes="{model: [schnet, sgdml], size: [10]}")
    done = subprocess.run(
        [sys.executable, "-c", CODE.format("submit", HEAVY), "grid.yaml", "--dry-run", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "would submit 2 cells (1 schnet/springs, 1 sgdml/springs)" in done.stderr
    assert done.stderr.splitlines()[-1] == "loaded:"
    assert '"pending": 2' in done.stdout
    assert not (tmp_path / "runs").exists()


def test_estimates_for_a_frozen_grid_need_no_engines(
    grid_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = grid_file(axes="{model: [schnet, sgdml], size: [10]}", resources="[{mem_gb: 0.01}]")
    settle(draft(path, say), say)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format("resume", HEAVY)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "error: 2 cells need more memory than they get:" in done.stderr
    assert done.stderr.splitlines()[-1] == "loaded:"
