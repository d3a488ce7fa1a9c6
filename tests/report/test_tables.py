from __future__ import annotations

import csv
import math
import time

import pandas as pd
import pytest

from hpcmlff.errors import HpcmlffError
from hpcmlff.report.findings import Finding
from hpcmlff.report.rows import REQUIRED, tidy
from hpcmlff.report.summary import learning_table
from hpcmlff.report.tables import (
    write_csv,
    write_findings,
    write_latex,
    write_markdown,
    write_parquet,
    write_wide_csv,
)

WRITERS = [write_csv, write_parquet, write_markdown, write_latex, write_wide_csv]

GOLDEN = """\
# Results

3 of 5 cells done; 1 pending, 1 failed.

## Test errors

- Force RMSE (kcal/mol/Å): root mean square error per Cartesian component, over all atoms and test frames.
- Force MAE (kcal/mol/Å): mean absolute error per Cartesian component, over all atoms and test frames.
- Energy RMSE (kcal/mol): root mean square error per molecule (not per atom), over the test frames.
- Energy MAE (kcal/mol): mean absolute error per molecule (not per atom), over the test frames.
- Entries are mean ± sample standard deviation over seeds; one column per number of training frames.
- (2/3): only two of three seeds are done. –: none is done, with the state instead.

### ethanol

Force RMSE (kcal/mol/Å)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 2.25 ± 0.35 | – pending |
| sgdml (kernel=a\\|b) | 1.00 (1/2) |  |

Force MAE (kcal/mol/Å)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 1.69 ± 0.27 | – pending |
| sgdml (kernel=a\\|b) | 0.750 (1/2) |  |

Energy RMSE (kcal/mol)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 1.12 ± 0.18 | – pending |
| sgdml (kernel=a\\|b) | 0.500 (1/2) |  |

Energy MAE (kcal/mol)

| model | 200 | 400 |
| --- | ---: | ---: |
| schnet | 0.56 ± 0.09 | – pending |
| sgdml (kernel=a\\|b) | 0.250 (1/2) |  |

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
    assert text.count("| m | – pending |") == 4


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


LATEX = r"""% Needs \usepackage{booktabs}; put it into a document by \input.
% Missing and failed cells stand as such: -- with their state; (2/3) is two of three seeds.

\begin{table}
  \centering
  \caption{Test errors for ethanol: mean $\pm$ sample standard deviation over seeds. Forces per Cartesian component, over all atoms and test frames; energies per molecule (not per atom), over the test frames.}
  \label{tab:errors-ethanol}
  \begin{tabular}{lrr}
    \toprule
    & \multicolumn{2}{c}{training frames} \\
    \cmidrule(lr){2-3}
    model & 200 & 400 \\
    \midrule
    \multicolumn{3}{l}{\emph{force RMSE (kcal/mol/\AA{})}} \\
    schnet & $2.50 \pm 0.50$ & $1.50$ (1/3) \\
    sgdml (sigma=10) & $1.10 \pm 0.14$ (2/3) & -- 1 running, 2 failed \\
    \midrule
    \multicolumn{3}{l}{\emph{force MAE (kcal/mol/\AA{})}} \\
    schnet & $1.88 \pm 0.38$ & $1.12$ (1/3) \\
    sgdml (sigma=10) & $0.82 \pm 0.11$ (2/3) & -- 1 running, 2 failed \\
    \midrule
    \multicolumn{3}{l}{\emph{energy RMSE (kcal/mol)}} \\
    schnet & $1.25 \pm 0.25$ & $0.750$ (1/3) \\
    sgdml (sigma=10) & $0.55 \pm 0.07$ (2/3) & -- 1 running, 2 failed \\
    \midrule
    \multicolumn{3}{l}{\emph{energy MAE (kcal/mol)}} \\
    schnet & $0.62 \pm 0.12$ & $0.375$ (1/3) \\
    sgdml (sigma=10) & $0.28 \pm 0.04$ (2/3) & -- 1 running, 2 failed \\
    \bottomrule
  \end{tabular}
\end{table}
"""  # noqa: E501


def test_latex_of_a_small_grid(small, tmp_path):
    write_latex(small, tmp_path / "results.tex")
    assert (tmp_path / "results.tex").read_text(encoding="utf-8") == LATEX


def test_latex_sets_every_sign_as_it_is_written(cell, tmp_path):
    own = {"m_1.path": r"50% of #1 & $x_{a}^2$ \ ~é", "m_1.steps": 1_000_000}
    rows = [cell("m_1", 200, 0, 1.25e6, **own), cell("m_1", 200, 1, 1.5e-6, **own)]
    write_latex(pd.DataFrame(rows), tmp_path / "results.tex")
    text = (tmp_path / "results.tex").read_text(encoding="utf-8")
    assert (
        r"m\_1 (path=50\% of \#1 \& \$x\_\{a\}\textasciicircum{}2\$"
        r" \textbackslash{} \textasciitilde{}é, steps=1000000) & $6.25 \times 10^{5} \pm 9"
    ) in text


def test_more_sizes_than_a_page_is_wide_are_set_smaller(cell, tmp_path):
    rows = pd.DataFrame([cell("m", size, 0, 1.0) for size in range(100, 1100, 100)])
    write_latex(rows, tmp_path / "results.tex")
    text = (tmp_path / "results.tex").read_text(encoding="utf-8")
    assert r"\footnotesize" in text
    assert r"\begin{tabular}{lrrrrrrrrrr}" in text
    body = [line for line in text.splitlines() if line.startswith("    m ")]
    assert [line.count("&") for line in body] == [10, 10, 10, 10]


def test_the_wide_table_has_numbers_and_states(small, tmp_path):
    write_wide_csv(small, tmp_path / "wide.csv")
    with (tmp_path / "wide.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 8
    first, second = lines[:2]
    assert first["molecule"] == "ethanol"
    assert (first["error"], first["unit"], first["model"]) == ("force RMSE", "kcal/mol/Å", "schnet")
    assert (first["n200 mean"], first["n200 spread"]) == ("2.5", "0.5")
    assert first["n400 cells"] == "2 pending, 1 done"
    assert second["settings"] == "sigma=10"
    assert (second["n400 mean"], second["n400 spread"]) == ("", "")
    assert second["n400 cells"] == "1 running, 2 failed"


FOUND = Finding(
    severity="warning",
    code="energy-offset",
    where="sgdml ethanol 200 (seed 1)",
    text="off by 0.5 kcal/mol",
    advice="Look at it",
    cells=("a" * 64, "b" * 64),
    numbers={"bias_kcal_mol": 0.5},
)


def test_findings_stand_in_markdown_before_the_tables(small, tmp_path):
    write_markdown(small, tmp_path / "results.md", [FOUND])
    lines = (tmp_path / "results.md").read_text(encoding="utf-8").splitlines()
    place = lines.index("## Quality: 1 warning")
    assert lines[place + 2] == (
        "- **warning** `energy-offset`: sgdml ethanol 200 (seed 1): off by 0.5 kcal/mol."
        " Look at it."
    )
    assert place < lines.index("## Test errors")


def test_nothing_found_is_said_in_markdown(small, tmp_path):
    write_markdown(small, tmp_path / "results.md", [])
    assert "## Quality: nothing found" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_findings_as_csv_have_all_cells_and_numbers(tmp_path):
    write_findings([FOUND], tmp_path / "findings.csv")
    with (tmp_path / "findings.csv").open(newline="", encoding="utf-8") as file:
        (line,) = csv.DictReader(file)
    assert line["severity"] == "warning"
    assert line["cells"] == f"{'a' * 64} {'b' * 64}"
    assert line["numbers"] == '{"bias_kcal_mol": 0.5}'


def test_no_findings_are_a_heading_alone(tmp_path):
    write_findings([], tmp_path / "findings.csv")
    assert (tmp_path / "findings.csv").read_bytes() == (
        b"severity,code,where,text,advice,cells,numbers\r\n"
    )
