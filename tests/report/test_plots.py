"""Figures of predictions and costs: which there are, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evidence.finished import FinishedStore, Outcome, make_finished
from matplotlib.figure import Figure

from hpcmlff.report.drawing import write_plots
from hpcmlff.report.plot import Plot
from hpcmlff.report.plot_data import cost_points, element_errors, parity_points, with_places
from hpcmlff.report.plots import all_plots


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FinishedStore:
    """Two models and sizes, three seeds; one cell of the largest size is missing."""
    store = make_finished(tmp_path_factory.mktemp("study") / "store", sizes=[20, 40])
    for cell in store.frozen.cells[:-1]:
        store.finish(cell)
    return store


@pytest.fixture(scope="module")
def plots(made: FinishedStore) -> dict[str, Plot]:
    found = made.results()
    return {one.stem: one for one in all_plots(found.rows, found.evidence, found.facts["place"])}


def texts(figure: Figure) -> list[str]:
    """Return all texts of a figure that are not empty."""
    from matplotlib.text import Text

    return [t for one in figure.findobj(Text) if (t := str(one.get_text()))]


def test_every_kind_of_figure_is_there(plots: dict[str, Plot]) -> None:
    assert [(one.stem, one.kind, one.molecule) for one in plots.values()] == [
        ("learning_curves_springs_rmse", "learning", "springs"),
        ("learning_curves_springs_mae", "learning", "springs"),
        ("parity_springs", "parity", "springs"),
        ("elements_springs", "elements", "springs"),
        ("core_hours_springs", "cost", "springs"),
        ("efficiency", "efficiency", ""),
    ]


def test_parity_plots_show_the_largest_size_with_its_scores(plots: dict[str, Plot]) -> None:
    figure = plots["parity_springs"].draw()
    found = texts(figure)
    assert "schnet\n40 frames, 3 seeds" in found
    assert "sgdml\n40 frames, 2 seeds" in found
    assert "RMSE 0.237\nbias 0.000" in [re.sub(r"bias -?[\de.-]+", "bias 0.000", t) for t in found]
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 4
    points = [
        len(line.get_xdata()) for axes in panels for line in axes.lines if line.get_ls() == "None"
    ]
    assert points == [3 * 40, 2 * 40, 3 * 192, 2 * 192]
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in panels]
    assert limits[0] == limits[1]
    assert limits[2] == limits[3]
    assert all(x == y for x, y in limits)


def test_parity_points_are_pixels_within_the_vector_file(
    plots: dict[str, Plot], tmp_path: Path
) -> None:
    _, svg = write_plots([plots["parity_springs"]], tmp_path)
    text = svg.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 4
    assert len(text) < 200_000


def test_elements_have_their_symbols_in_order(plots: dict[str, Plot]) -> None:
    axes = plots["elements_springs"].draw().axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["H", "C", "N", "O"]
    assert len(axes.patches) == 8
    assert axes.get_ylabel() == "force RMSE (kcal/mol/Å)"


def test_costs_are_joined_by_size(plots: dict[str, Plot]) -> None:
    energy, force = plots["core_hours_springs"].draw().axes
    assert energy.get_xlabel() == force.get_xlabel() == "core-hours of a training"
    assert sorted(text.get_text() for text in energy.texts) == ["20", "20", "40", "40"]


def test_bars_of_core_hours_add_up_to_all_of_them(made: FinishedStore) -> None:
    from hpcmlff.report.costs import cost_table

    found = made.results()
    (plot,) = [
        one
        for one in all_plots(found.rows, found.evidence, found.facts["place"])
        if one.kind == "efficiency"
    ]
    axes = plot.draw().axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches if bar.get_width() > 0]
    assert max(ends) == pytest.approx(cost_table(found.rows)["core_h"].max())


def test_equal_input_has_equal_digests_and_any_change_another(made: FinishedStore) -> None:
    found = made.results()
    places = found.facts["place"]

    def digests(rows: pd.DataFrame, evidence=found.evidence) -> dict[str, str]:
        return {one.stem: one.digest for one in all_plots(rows, evidence, places)}

    first = digests(found.rows)
    assert digests(found.rows[::-1]) == first
    changed = found.rows.copy()
    changed.loc[0, "energy_rmse_kcal_mol"] *= 1 + 1e-12
    new = digests(changed)
    assert {stem for stem in first if first[stem] != new[stem]} == {
        "learning_curves_springs_rmse",
        "core_hours_springs",
    }


def test_gpu_hours_get_a_figure_of_their_own(made: FinishedStore) -> None:
    found = made.results()
    gpus = np.where(found.rows["model"] == "schnet", 0.02, 0.0)
    rows = found.rows.assign(gpu_h=gpus)
    stems = [one.stem for one in all_plots(rows, found.evidence, found.facts["place"])]
    assert "gpu_hours_springs" in stems
    assert "core_hours_springs" in stems


def test_hours_that_were_lost_are_no_cost_of_a_result() -> None:
    done = pd.DataFrame(
        {
            "model": ["m", "m"],
            "variant": ["", ""],
            "size": [10, 20],
            "core_h": [4.0, 2.0],
            "gpu_h": [1.0, 0.0],
            "lost_core_h": [3.0, 0.0],
            "energy_rmse_kcal_mol": [1.0, 0.5],
            "force_rmse_kcal_mol_ang": [2.0, 1.0],
        }
    )
    assert cost_points(done, "core")["hours"].tolist() == [1.0, 2.0]
    assert cost_points(done, "GPU")["hours"].tolist() == [0.25]


def test_cells_of_which_nothing_is_known_leave_figures_out(made: FinishedStore) -> None:
    found = made.results()
    cells = with_places(found.rows, pd.Series(dtype="int64"))
    done = cells[cells["state"] == "done"]
    assert parity_points(done, found.evidence) == []
    assert element_errors(done, found.evidence).empty


def test_more_than_four_models_go_on_below(tmp_path: Path) -> None:
    """Five variants by a hyperparameter."""

    def name(outcome: Outcome) -> None:
        outcome.curve = None

    store = make_finished(tmp_path / "store", models=list("abcde"), sizes=[20], seeds=[0])
    store.finish_all(name)
    found = store.results()
    plots = all_plots(found.rows, found.evidence, found.facts["place"])
    (plot,) = [one for one in plots if one.kind == "parity"]
    figure = plot.draw()
    assert len(figure.axes) == 16
    assert sum(axes.axison for axes in figure.axes) == 10
