"""What `collect` shows of simulations."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from simulated import SGDML

from hpcmlff import collect, md
from hpcmlff.errors import StoreError
from hpcmlff.evidence.simulations import simulations
from hpcmlff.store import __main__ as commands
from hpcmlff.store.store import Store


def test_collect_shows_runs_wherever_it_writes(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ["--time-ps", "0.05", "--equilibration-ps", "0.02", "--seed", "11"]
    assert md.main([str(store.path), SGDML, *short, "--json"]) == 0
    [run] = json.loads(capsys.readouterr().out)["dynamics"]
    assert collect.main([str(store.path), "-o", str(tmp_path), "--html", "--no-plots"]) == 0
    assert "Dynamics" in capsys.readouterr().out
    rows = pd.read_csv(tmp_path / "dynamics.csv")
    [row] = rows[rows["md_seed"] == 11].to_dict("records")
    assert row["drift_mev_atom_ps"] == pytest.approx(run["drift_mev_atom_ps"], rel=1e-12)
    assert row["cell_id"] == run["cell_id"]
    assert "## Dynamics" in (tmp_path / "results.md").read_text(encoding="utf-8")
    page = (tmp_path / "results.html").read_text(encoding="utf-8")
    assert '<section id="dynamics">' in page


@pytest.fixture
def run(store: Store, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], Any]]:
    """Return a function that gives the command for a short run and returns its summary."""
    short = [str(store.path), SGDML, "--time-ps", "0.02", "--equilibration-ps", "0", "--json"]
    folders = []

    def give() -> Any:
        assert md.main([*short, "--no-plots"]) == 0
        [found] = json.loads(capsys.readouterr().out)["dynamics"]
        folders.append(found["folder"])
        return found | {"wall_s": 0}

    yield give
    shutil.rmtree(folders[0])


@pytest.mark.parametrize("text", ["{ half", '{"format": 0}', "[]"])
def test_a_summary_that_cannot_be_used_is_left_out_and_made_anew(
    store: Store, run: Callable[[], Any], text: str
) -> None:
    first = run()
    (Path(first["folder"]) / "summary.json").write_text(text, encoding="utf-8")
    cells = [cell for cell in store.current_grid().cells if cell.id == first["cell_id"]]
    others = [one["settings"] for one in simulations(store, cells, "md")]
    assert first["settings"] not in others
    assert run() == first


def test_a_damaged_trajectory_is_found_set_aside_and_made_anew(
    store: Store, run: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first = run()
    path = Path(first["folder"]) / "trajectory.h5"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert commands.main(["verify", str(store.path), "--set-aside"]) == StoreError.exit_code
    assert "the content is damaged" in capsys.readouterr().out
    assert path.with_name("trajectory.h5.damaged").exists()
    assert run() == first
    assert commands.main(["du", str(store.path), "--json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["cells"]
    [own] = [one for one in kinds if one["model"] == "sgdml"]
    assert own["simulations"] > 10_000
