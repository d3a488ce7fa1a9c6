"""What `collect` shows of simulations."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from simulated import SGDML

from hpcmlff import collect, md
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


def test_a_damaged_summary_is_left_out_and_made_anew(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = [str(store.path), SGDML, "--time-ps", "0.02", "--equilibration-ps", "0", "--json"]
    assert md.main(short) == 0
    [run] = json.loads(capsys.readouterr().out)["dynamics"]
    path = Path(run["folder"]) / "summary.json"
    path.write_text("{ half", encoding="utf-8")
    assert collect.main([str(store.path), "-o", str(tmp_path), "--no-plots"]) == 0
    capsys.readouterr()
    assert md.main(short) == 0
    [again] = json.loads(capsys.readouterr().out)["dynamics"]
    assert again | {"wall_s": 0} == run | {"wall_s": 0}
