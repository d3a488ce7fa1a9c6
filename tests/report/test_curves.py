from __future__ import annotations

import re

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpcmlff.errors import HpcmlffError
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.learning_plots import learning_curves
from hpcmlff.report.panel import FAILED_MARKER, NOT_DONE_MARKER, PanelData, draw, legend_columns
from hpcmlff.report.reference.reading import COLUMNS
from hpcmlff.report.reference.reading import table as reference_table
from hpcmlff.report.rows import series_of, with_variant
from hpcmlff.report.styles import series_styles
from hpcmlff.report.summary import learning_table

FORCE = "force_rmse_kcal_mol_ang"


def plot_learning_curves(rows, folder):
    return write_plots(learning_curves(rows), folder)


def texts(svg):
    return re.findall(r"<text [^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8"))


def panel(rows):
    axes = Figure().subplots()
    table = learning_table(rows)
    lines, cells = table[table["metric"] == FORCE], with_variant(rows)
    data = PanelData(metric=FORCE, table=lines, cells=cells, others=reference_table([]))
    draw(axes, data, series_styles(series_of(rows)))
    return axes


def open_marks(axes):
    """Return (marker, size, colour) of every open mark and the numbers inside."""
    marks = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    found = [(m.get_marker(), int(m.get_xdata()[0]), m.get_markeredgecolor()) for m in marks]
    return sorted(zip(found, [text.get_text() for text in axes.texts], strict=True))


def curve(axes, number):
    return [line for line in axes.lines if line.get_linewidth() == 1.1][number]


def test_every_molecule_gets_rmse_and_mae_as_png_and_svg(small, tmp_path):
    rows = pd.concat([small, small.assign(molecule="benzene")])
    paths = plot_learning_curves(rows, tmp_path / "plots")
    assert [path.name for path in paths] == [
        f"learning_curves_{molecule}_{name}.{suffix}"
        for molecule in ("benzene", "ethanol")
        for name in ("rmse", "mae")
        for suffix in ("png", "svg")
    ]
    assert sorted(paths) == sorted((tmp_path / "plots").iterdir())
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in paths[::2])


def test_labels_units_sizes_and_legend_are_in_the_figure(small, tmp_path):
    _, rmse, _, mae = plot_learning_curves(small, tmp_path)
    found = texts(rmse)
    assert {"energy RMSE (kcal/mol)", "force RMSE (kcal/mol/Å)"} <= set(found)
    assert found.count("training frames") == found.count("200") == found.count("400") == 2
    legend = ["schnet", "sgdml (sigma=10)", "failed cells", "cells not done"]
    assert [text for text in found if text in legend] == legend
    assert "ethanol: test errors, mean and sample standard deviation over seeds" in found
    assert {"energy MAE (kcal/mol)", "force MAE (kcal/mol/Å)"} <= set(texts(mae))


def test_what_others_reported_is_drawn_and_named(small, tmp_path):
    others = [
        ("a paper", "schnet", "Ethanol", 1000, FORCE, 9.0),
        ("a paper", "MACE", "ethanol", 1000, FORCE, 0.5),
        ("a paper", "MACE", "benzene", 1000, FORCE, 0.1),
    ]
    references = pd.DataFrame(others, columns=COLUMNS)
    drawn = list(learning_curves(small, references))
    axes = drawn[0].draw().axes[1]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    found = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in dotted]
    assert found == [([1000], [9.0]), ([1000], [0.5])]
    assert dotted[0].get_color() == series_styles(series_of(small))[("schnet", "")].colour
    assert axes.get_ylim()[1] > 9.0
    assert axes.get_xlim()[1] > 1000
    legend = texts(write_plots(drawn, tmp_path)[1])
    assert [text for text in legend if "a paper" in text] == ["schnet, a paper", "MACE, a paper"]
    assert drawn[0].digest != next(learning_curves(small)).digest


def test_the_legend_has_no_open_marks_where_all_is_done(cell, tmp_path):
    rows = pd.DataFrame([cell("m", 100, 0, 1.0)])
    found = texts(plot_learning_curves(rows, tmp_path)[1])
    assert "m" in found
    assert not {"failed cells", "cells not done"} & set(found)


def test_the_same_rows_give_the_same_bytes_whatever_the_users_settings(small, tmp_path):
    first = plot_learning_curves(small, tmp_path / "a")
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": False}):
        second = plot_learning_curves(small[::-1], tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_nothing_done_gives_no_files(cell, tmp_path):
    rows = pd.DataFrame([cell("m", 100, 0), cell("m", 100, 0, 1.0, molecule="benzene")])
    paths = plot_learning_curves(rows, tmp_path)
    assert {path.name.split("_")[2] for path in paths} == {"benzene"}
    assert plot_learning_curves(rows[:1], tmp_path / "none") == []
    assert plot_learning_curves(pd.DataFrame(), tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_a_folder_that_is_a_file_is_an_expected_error(small, tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(HpcmlffError, match=r"learning_curves_ethanol_rmse\.png: cannot write: "):
        plot_learning_curves(small, tmp_path / "taken")


def test_means_seeds_and_spread_are_drawn(small):
    axes = panel(small)
    schnet = curve(axes, 0)
    assert schnet.get_ydata().tolist() == [2.5, 1.5]
    seeds = [line for line in axes.lines if line.get_marker() == "."]
    assert sorted(seeds[0].get_ydata()) == [1.5, 2.0, 2.5, 3.0]
    bar = axes.containers[0].lines[2][0].get_segments()[0]
    assert bar[:, 1].tolist() == pytest.approx([2.0, 3.0])


def test_gaps_are_marked_at_the_edge_with_their_number(small):
    orange, blue = "#D55E00", "#0072B2"
    assert open_marks(panel(small)) == [
        ((NOT_DONE_MARKER, 400, blue), "2"),
        ((NOT_DONE_MARKER, 400, orange), "1"),
        ((FAILED_MARKER, 200, orange), "1"),
        ((FAILED_MARKER, 400, orange), "2"),
    ]


def test_open_marks_stand_apart_and_above_the_curves(small):
    axes = panel(small)
    marks = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    places = {(float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in marks}
    assert len(places) == len(marks) == 4
    lowest = min(y for _, y in places)
    top = axes.transAxes.inverted().transform(axes.transData.transform([200, 3.0]))[1]
    assert top < lowest


def test_a_line_breaks_where_a_size_is_missing(cell):
    rows = pd.DataFrame(
        [cell("m", 100, 0, 3.0), cell("m", 200, 0, state="failed"), cell("m", 300, 0, 1.0)]
    )
    assert pd.isna(curve(panel(rows), 0).get_ydata()).tolist() == [False, True, False]


def test_a_model_without_any_result_is_still_shown(cell):
    rows = pd.DataFrame(
        [cell("a", size, 0) for size in (100, 200)]
        + [cell("b", size, 0, 100 / size) for size in (100, 200)]
    )
    assert [size for (_, size, _), _ in open_marks(panel(rows))] == [100, 200]


def test_too_many_gaps_are_counted_over_all_models(cell):
    rows = pd.DataFrame(
        [cell(f"m{number:02}", 200, 0) for number in range(20)]
        + [cell("m00", 100, 0, 1.0), cell("m01", 200, 1, state="failed")]
    )
    assert open_marks(panel(rows)) == [
        ((NOT_DONE_MARKER, 200, "0.3"), "20"),
        ((FAILED_MARKER, 200, "0.3"), "1"),
    ]


def test_single_size_and_single_seed_have_plain_ticks(cell):
    axes = panel(pd.DataFrame([cell("m", 1000, 0, 0.4)]))
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1000"]
    assert "0.4" in [tick.get_text() for tick in axes.get_yticklabels()]
    assert not [line for line in axes.lines if line.get_marker() == "."]


def test_an_error_of_zero_is_said_rather_than_drawn(cell):
    axes = panel(pd.DataFrame([cell("m", 100, 0, 0.0)]))
    assert [text.get_text() for text in axes.texts] == ["no value above zero"]


def test_styles_are_told_apart_up_to_thirty_two_series():
    pairs = [(f"m{number:02}", "") for number in range(32)]
    styles = series_styles(pairs)
    assert len({(s.colour, s.line) for s in styles.values()}) == 32
    assert len({s.marker for s in list(styles.values())[:8]}) == 8


@pytest.mark.parametrize(
    ("names", "columns"),
    [(["a"], 1), (["a"] * 5, 5), (["a"] * 8, 4), (["n" * 40] * 3, 2), (["n" * 200] * 3, 1)],
)
def test_legend_columns_depend_on_the_longest_name(names, columns):
    assert legend_columns(names) == columns
