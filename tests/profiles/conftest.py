"""A login node without a scheduler, and one with a recorded cluster."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from profiles.fakes import RECORDED, SCONTROL, FakeSlurm, program


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be on a login node with the system's own commands and no scheduler."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HPCMLFF_PROFILES", raising=False)
    for name in [name for name in os.environ if name.startswith("SLURM")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(socket, "gethostname", lambda: "login1.vega.example")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fake_slurm(place: Path) -> FakeSlurm:
    """Return a function that puts a recorded cluster on PATH and gives its folder."""

    def start(cluster: str = "vega", **changes: tuple[str, str]) -> Path:
        folder = place / "recorded"
        folder.mkdir()
        for source in (RECORDED / cluster).iterdir():
            text = source.read_text()
            old, new = changes.get(source.stem, ("", ""))
            assert old in text
            (folder / source.name).write_text(text.replace(old, new) if old else text)
        program(place, "scontrol", SCONTROL.format(folder=folder))
        program(place, "sacctmgr", f"cat {folder}/associations.txt")
        accounting = (folder / "associations.txt").exists()
        program(place, "sacct", f"exit {0 if accounting else 1}")
        for name in ("sinfo", "sbatch"):
            program(place, name, "exit 0")
        return folder

    return start
