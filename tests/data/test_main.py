from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from springs import water, water_energy, write_xyz

from hpcmlff.data.__main__ import main
from hpcmlff.data.frames import Frames

UNITS = ["--energy-unit", "kcal/mol", "--length-unit", "angstrom"]


def _json(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    code = main(["inspect", str(path), *UNITS, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_inspect_shows_what_a_file_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_xyz(tmp_path / "water.xyz", water(60))
    assert main(["inspect", str(path), *UNITS]) == 0
    shown = capsys.readouterr().out
    for text in (
        "published-xyz",
        "60",
        "H2O, 3 atoms",
        "kcal/mol and angstrom, stated by the user",
    ):
        assert text in shown
    assert "note: energies follow the forces" in shown


def test_inspect_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = _json(write_xyz(tmp_path / "water.xyz", water(60)), capsys)
    assert code == 0
    assert (found["formula"], found["frames"], found["atoms"]) == ("H2O", 60, 3)
    assert found["units"] == {"energy": "kcal/mol", "length": "angstrom"}
    assert set(found) >= {"energy_kcal_mol", "force_kcal_mol_ang", "findings", "sha256", "file"}


def test_an_error_among_the_findings_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames: Frames = water(60)
    path = write_xyz(tmp_path / "water.xyz", replace(frames, forces=-frames.forces))
    code, found = _json(path, capsys)
    assert code == 3
    findings = found["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["severity"], findings[0]["code"]) == ("error", "force-sign")


def test_units_have_to_be_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_xyz(tmp_path / "water.xyz", water(3))
    assert main(["inspect", str(path)]) == 3
    assert capsys.readouterr().err == (
        f"error: {path}: nobody states the units. "
        "Give --energy-unit and --length-unit, such as kcal/mol and angstrom\n"
    )
    assert main(["inspect", str(path), "--energy-unit", "eV"]) == 2
    assert "give both --energy-unit and --length-unit, or neither" in capsys.readouterr().err


def test_other_errors_keep_their_own_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(tmp_path / "none.xyz")]) == 3
    assert capsys.readouterr().err == f"error: {tmp_path / 'none.xyz'}: no such file\n"


def test_generate_writes_a_file_and_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "h2.xyz"
    command = ["generate", "h2", "--smiles", "[H][H]", "--frames", "2", "-o", str(out)]
    assert main(command) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "h2 (md): 0 of 2 frames"
    assert lines[-2:] == [
        "h2 (md): 2 of 2 frames",
        f"{out}: 2 frames, kcal/mol and angstrom, GFN2-xTB",
    ]
    assert main(command) == 3
    assert "exists already. Remove it or give --force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0


def _all(terminal: int) -> str:
    """Read what a terminal holds; it hands out a few thousand bytes at a time."""
    os.set_blocking(terminal, False)
    parts = []
    with contextlib.suppress(BlockingIOError):
        while part := os.read(terminal, 65536):
            parts.append(part)
    return b"".join(parts).decode()


def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    out = tmp_path / "h2.xyz"
    arguments = ["generate", "h2", "--smiles", "[H][H]", "--frames", "2", "-o", str(out)]
    ours, theirs = pty.openpty()
    try:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        command = [sys.executable, "-m", "hpcmlff.data", *arguments]
        subprocess.run(command, check=True, stderr=theirs, env=environment)
        shown = _all(ours)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "h2 (md)" in shown
    assert "2/2" in shown


def test_help_needs_no_heavy_imports() -> None:
    code = (
        "import sys; from hpcmlff.data.__main__ import main; main(['--help']); "
        "print([m for m in ('numpy', 'pydantic', 'ase', 'rich') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "[]"
    assert "python -m hpcmlff.data generate glycine --frames 1000" in run.stdout


def test_springs_are_what_tests_take_them_for() -> None:
    frames = water(2)
    moved = frames.positions[0].copy()
    moved[1, 0] += 1e-6
    slope = (water_energy(moved)[0] - frames.energies[0]) / 1e-6
    np.testing.assert_allclose(-slope, frames.forces[0, 1, 0], atol=1e-2)
