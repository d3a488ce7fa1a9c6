from __future__ import annotations

import csv
import math
import time

import pandas as pd
import pytest

from hpcmlff.errors import HpcmlffError
from hpcmlff.report.rows import REQUIRED, tidy
from hpcmlff.report.tables import learning_table, write_csv, write_markdown, write_parquet

WRITERS = [write_csv, write_parquet, write_markdown]

GOLDEN = """\
# Results

3 of 5 cells done; 1 pending, 1 failed.

## Test errors

- Force RMSE (kcal/mol/Å): root mean square error per Cartesian component, over all atoms and test frames.
- Energy RMSE (kcal/mol): root mean square error per molecule (not per atom), over the test frames.
- Entries are mean ± sample standard deviation over seeds; one column per number of training frames.
- (2/3): only two of three seeds are done. –: none is done, with the state instead.

### ethanol

Force RMSE (kcal/mol/Å)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 2.25 ± 0.35 | – pending |
| sgdml (kernel=a\\|b) | 1.00 (1/2) |  |

Energy RMSE (kcal/mol)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 1.12 ± 0.18 | – pending |
| sgdml (kernel=a\\|b) | 0.500 (1/2) |  |

## All cells

| model | molecule | cell | state | size | seed | sgdml.kernel | energy MAE (kcal/mol) | energy RMSE (kcal/mol) | force MAE (kcal/mol/Å) | force RMSE (kcal/mol/Å) | training frames | test frames | training time (s) | attempts |
| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| schnet | ethanol | schnet2000 | done | 200 | 0 |  | 0.5 | 1 | 1.5 | 2 | 200 | 1000 | 10.5 | 1 |
| schnet | ethanol | schnet2001 | done | 200 | 1 |  | 0.625 | 1.25 | 1.875 | 2.5 | 200 | 1000 | 10.5 | 1 |
| schnet | ethanol | schnet4000 | pending | 400 | 0 |  |  |  |  |  |  |  |  | 1 |
| sgdml | ethanol | sgdml2000 | done | 200 | 0 | a\\|b | 0.25 | 0.5 | 0.75 | 1 | 200 | 1000 | 10.5 | 1 |
| sgdml | ethanol | sgdml2001 | failed | 200 | 1 | a\\|b |  |  |  |  |  |  |  | 1 |
"""  # noqa: E501


def test_markdown_of_a_small_grid(cell, tmp_path):
    own = {"sgdml.kernel": "a|b"}
    rows = pd.DataFrame(
        [
            cell("sgdml", 200, 0, 1.0, **own),
            cell("sgdml", 200, 1, state="failed", **own),
            cell("schnet", 400, 0),
            cell("schnet", 200, 1, 2.5),
            cell("schnet", 200, 0, 2.0),
        ]
    )
    write_markdown(rows, tmp_path / "results.md")
    assert (tmp_path / "results.md").read_text(encoding="utf-8") == GOLDEN


def test_csv_keeps_every_digit_and_follows_rfc_4180(cell, tmp_path):
    value = 0.1 + 0.2
    rows = pd.DataFrame([cell("m", 100, 0, value, **{"m.text": 'say "a, b"'}), cell("n", 200, 0)])
    path = tmp_path / "results.csv"
    write_csv(rows, path)
    raw = path.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 3
    assert b'"say ""a, b"""' in raw
    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert float(first["force_rmse_kcal_mol_ang"]) == value
    assert first["n_train"] == "100"
    assert (second["force_rmse_kcal_mol_ang"], second["n_train"], second["m.text"]) == ("", "", "")


def test_parquet_gives_back_the_same_table(small, tmp_path):
    write_parquet(small, tmp_path / "results.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "results.parquet"), tidy(small))


@pytest.mark.parametrize("write", WRITERS)
def test_the_bytes_do_not_depend_on_the_order_of_rows(write, small, tmp_path):
    write(small, tmp_path / "a")
    write(small[::-1], tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_is_replaced_and_nothing_else_stays(write, small, tmp_path):
    path = tmp_path / "new folder" / "results.x"
    write(small, path)
    first = path.read_bytes()
    write(small[:1], path)
    assert path.read_bytes() != first
    assert [file.name for file in path.parent.iterdir()] == ["results.x"]


@pytest.mark.parametrize("write", WRITERS)
def test_a_folder_that_is_a_file_is_an_expected_error(write, small, tmp_path):
    (tmp_path / "taken").touch()
    path = tmp_path / "taken" / "results.x"
    with pytest.raises(HpcmlffError) as found:
        write(small, path)
    assert str(found.value).startswith(f"{path}: cannot write: ")
    assert str(found.value).endswith(". Choose another folder or make room")


@pytest.mark.parametrize("write", WRITERS)
def test_an_old_file_survives_a_failed_write(write, small, tmp_path):
    path = tmp_path / "results.x"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="lack the columns"):
        write(small.drop(columns="state"), path)
    assert path.read_text(encoding="utf-8") == "old"


def test_markdown_shows_short_ids_and_reasons(cell, tmp_path):
    failed = cell("m", 100, 0, state="failed", cell_id="0123456789abcdef", reason="no memory")
    write_markdown(pd.DataFrame([failed]), tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| m | ethanol | 0123456789ab | failed | no memory | 100 | 0 |" in text


@pytest.mark.parametrize("write", WRITERS)
def test_no_cells_at_all_can_be_written(write, tmp_path):
    write(pd.DataFrame(), tmp_path / "results.x")
    assert (tmp_path / "results.x").stat().st_size > 0


def test_nothing_done_is_said_in_the_table(cell, tmp_path):
    write_markdown(pd.DataFrame([cell("m", 100, 0)]), tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "0 of 1 cells done; 1 pending." in text
    assert text.count("| m | – pending |") == 2


def test_ten_thousand_cells_take_seconds(cell, tmp_path):
    rows = pd.DataFrame(
        [
            cell(f"m{m}", size, seed, 1.0 + seed, molecule=f"x{x}")
            for m in range(8)
            for x in range(5)
            for size in range(100, 1100, 100)
            for seed in range(25)
        ]
    )
    begin_s = time.process_time()
    for write in WRITERS:
        write(rows, tmp_path / write.__name__)
    table = learning_table(rows)
    assert time.process_time() - begin_s < 10
    assert len(table) == 4 * 8 * 5 * 10
    assert (table["n_done"] == 25).all()
    assert not table["mean"].map(math.isnan).any()
    assert set(REQUIRED) <= set(tidy(rows).columns)
