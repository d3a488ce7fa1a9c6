"""The command as users give it: files, words, JSON, what comes next."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from evidence.finished import FinishedStore, Outcome, make_finished

from hpcmlff import submit
from hpcmlff.collect import main

TABLES = [
    "results.csv",
    "results.parquet",
    "results_wide.csv",
    "results.tex",
    "results.md",
    "findings.csv",
]


@pytest.fixture
def made(tmp_path: Path) -> FinishedStore:
    return make_finished(tmp_path / "store", sizes=[20, 40], seeds=[0, 1])


def _shifted(outcome: Outcome) -> None:
    if outcome.cell.seed == 1 and outcome.cell.size == 40:
        outcome.energies += 2.0


def test_all_files_are_written_and_named(
    made: FinishedStore, capsys: pytest.CaptureFixture[str]
) -> None:
    made.finish_all()
    assert main([str(made.store.path), "--html"]) == 0
    told = capsys.readouterr()
    folder = made.store.path / "report"
    stems = ["learning_curves_springs_rmse", "learning_curves_springs_mae", "parity_springs"]
    stems += ["elements_springs", "core_hours_springs", "efficiency"]
    figures = [f"{stem}{suffix}" for stem in stems for suffix in (".png", ".svg")]
    expected = [folder / name for name in (*TABLES, *figures, "results.html")]
    assert told.out.splitlines()[-len(expected) :] == [str(path) for path in expected]
    assert sorted(folder.iterdir()) == sorted(expected)
    assert "Quality: nothing found." in told.out
    page = folder / "results.html"
    assert told.err.splitlines()[-1] == f"next: open {page} in a browser, or send it"


def test_findings_stand_in_all_that_is_written(
    made: FinishedStore, capsys: pytest.CaptureFixture[str]
) -> None:
    made.finish_all(_shifted)
    assert main([str(made.store.path), "--html", "--no-plots"]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("Quality: 2 warnings.")
    assert lines[place + 1] == "warning energy-offset"
    assert lines[place + 2].startswith("  schnet springs 40 (seed 1): test energies are off by 2.0")
    folder = made.store.path / "report"
    for name in ("results.md", "findings.csv", "results.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "energy-offset" in text, name
        assert "sgdml springs 40 (seed 1)" in text, name
    rows = pd.read_csv(folder / "results.csv", keep_default_na=False)
    found = rows[rows["findings"] != ""]
    assert found["findings"].tolist() == ["energy-offset"] * 2
    assert found[["size", "seed"]].to_numpy().tolist() == [[40, 1], [40, 1]]


def test_json_has_rows_findings_and_files(
    made: FinishedStore, capsys: pytest.CaptureFixture[str]
) -> None:
    made.finish_all(_shifted)
    assert main([str(made.store.path), "--json", "--no-plots"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(told) == ["files", "findings", "rows"]
    assert [Path(path).name for path in told["files"]] == TABLES
    assert len(told["rows"]) == 8
    first = told["findings"][0]
    assert (first["severity"], first["code"]) == ("warning", "energy-offset")
    assert len(first["cells"]) == 1
    assert first["numbers"]["bias_kcal_mol"] == pytest.approx(2.0)
    row = next(row for row in told["rows"] if row["cell_id"] == first["cells"][0])
    assert (row["findings"], row["energy_bias_kcal_mol"]) == ("energy-offset", pytest.approx(2.0))
    assert row["core_h"] == pytest.approx(2 * 36 / 3600)


def test_figures_that_have_not_changed_are_not_drawn_again(made: FinishedStore) -> None:
    first, *others = made.frozen.cells
    for cell in others:
        made.finish(cell)
    main([str(made.store.path)])
    folder = made.store.path / "report"
    before = {path: path.stat().st_ino for path in folder.glob("*.svg")}
    main([str(made.store.path)])
    assert {path: path.stat().st_ino for path in folder.glob("*.svg")} == before
    made.finish(first)
    main([str(made.store.path)])
    changed = [path.name for path, inode in before.items() if path.stat().st_ino != inode]
    assert {
        "learning_curves_springs_rmse.svg",
        "learning_curves_springs_mae.svg",
        "core_hours_springs.svg",
        "efficiency.svg",
    } == set(changed)


def test_a_figure_that_was_cut_is_drawn_again(made: FinishedStore) -> None:
    made.finish_all()
    main([str(made.store.path)])
    path = made.store.path / "report" / "efficiency.png"
    whole = path.read_bytes()
    path.write_bytes(b"")
    main([str(made.store.path)])
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("finished", "word"), [(8, "hpcmlff.collect"), (7, "hpcmlff.resume"), (0, "hpcmlff.resume")]
)
def test_the_last_line_says_what_to_do_next(
    made: FinishedStore, capsys: pytest.CaptureFixture[str], finished: int, word: str
) -> None:
    for cell in made.frozen.cells[:finished]:
        made.finish(cell)
    assert main([str(made.store.path), "--no-plots"]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"next: python -m {word} {made.store.path}")


def test_nothing_done_yet_gives_tables_and_a_page(made: FinishedStore) -> None:
    assert main([str(made.store.path), "--html"]) == 0
    folder = made.store.path / "report"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*TABLES, "results.html"])
    page = (folder / "results.html").read_text(encoding="utf-8")
    assert "8 pending" in page
    assert "<figure" not in page


def test_a_real_study_is_collected_while_its_cells_are_not_all_done(
    grid_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained by the real worker: nothing is found, and what it cost is known."""
    monkeypatch.chdir(tmp_path)
    path = grid_file(axes="{model: [mean], size: [10, 20], seed: [0, 1]}")
    assert submit.main([str(path), "--wait"]) == 0
    capsys.readouterr()
    assert main(["--json", "--html"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["findings"] == []
    assert [row["state"] for row in told["rows"]] == ["done"] * 4
    assert all(row["core_h"] > 0 for row in told["rows"])
    assert {row["lost_core_h"] for row in told["rows"]} == {0.0}
    page = (tmp_path / "runs/springs/report/results.html").read_text(encoding="utf-8")
    assert "4 done" in page
    assert "Python 3.11" in page


def test_a_folder_that_cannot_be_made_is_an_expected_error(
    made: FinishedStore, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    assert main([str(made.store.path), "-o", str(tmp_path / "taken" / "paper")]) == 4
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path}/taken/paper: cannot write: ")
    assert told.endswith("Name another folder with --output\n")


def test_no_matplotlib_is_imported_where_nothing_is_drawn(made: FinishedStore) -> None:
    made.finish_all()
    assert main([str(made.store.path), "--html"]) == 0
    code = (
        "import sys; from hpcmlff.collect import main; code = main(sys.argv[1:]);"
        "print([m for m in ('matplotlib', 'torch', 'numba', 'ase') if m in sys.modules],"
        " file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(made.store.path), "--html", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_what_others_reported_stands_beside(
    made: FinishedStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.finish_all()
    own = tmp_path / "own.yaml"
    own.write_text(
        "label: a paper\nsource: J. 1\nmeasured: errors\nunits: {energy: eV, length: angstrom}\n"
        "curves: [{model: sgdml, molecule: springs, size: [40], force_mae: [1.0]}]\n",
        encoding="utf-8",
    )
    assert main([str(made.store.path), "--html", "--beside", str(own)]) == 0
    assert "beside.csv" in capsys.readouterr().out
    folder = made.store.path / "report"
    table = pd.read_csv(folder / "beside.csv")
    assert table[["label", "size", "n_done"]].to_numpy().tolist() == [["a paper", 40, 2]]
    assert table["value"].tolist() == pytest.approx([23.0605], rel=1e-5)
    page = (folder / "results.html").read_text(encoding="utf-8")
    assert page.count("a paper") >= 3
    assert main([str(made.store.path), "--beside", "nowhere.yaml"]) == 3
    assert "nowhere.yaml: cannot read" in capsys.readouterr().err
