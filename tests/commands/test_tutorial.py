"""The tutorial is right: its commands are given one after the other, with little data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import write_xyz

PAGE = Path(__file__).parents[2] / "jobs" / "README.md"
SHORT = {"schnet": {"steps": 2, "features": 4, "interactions": 1, "gaussians": 4}}


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def small_grid() -> str:
    [text] = blocks("yaml")
    content = yaml.safe_load(text)
    content["axes"] |= {"size": [20], "seed": [0]}
    return yaml.safe_dump(content | {"split": {"validation": 10, "test": 20}, "models": SHORT})


@pytest.mark.slow
def test_its_commands_lead_from_frames_to_figures_and_dynamics(tmp_path: Path) -> None:
    write_xyz(tmp_path / "frames.xyz", 60)
    (tmp_path / "grid.yaml").write_text(small_grid(), encoding="utf-8")
    commands = "".join(blocks("sh")).replace("n200", "n20").replace("--yes", "--yes --wait")
    python = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/bash", "-ec", commands],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{python}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"frames\W+60\b", done.stdout)
    assert "2 cells: 2 done" in done.stdout
    assert (tmp_path / "runs" / "my-molecule" / "report" / "results.html").is_file()
    assert (tmp_path / "model.npz").is_file()
