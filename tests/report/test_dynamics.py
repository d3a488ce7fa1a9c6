from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from hpcmlff.report.dynamics import COLUMNS, dynamics_section
from hpcmlff.report.page.render import About, Shown, render


def summary(label: str = "sgdml/springs/n60/s0-0123456789ab", **changes: Any) -> dict[str, Any]:
    settings = {"thermostat": "nve", "temperature_k": 300.0, "step_fs": 0.5, "time_ps": 10.0}
    found = {
        "label": label,
        "cell_id": "0123",
        "settings": settings | {"seed": 0},
        "outcome": "done",
        "simulated_ps": 10.0,
        "temperature_mean_k": 298.4,
        "temperature_std_k": 61.2,
        "drift_mev_atom_ps": 0.01234,
        "drift_kcal_mol_ps": 0.0014,
        "energy_scatter_kcal_mol": 0.0321,
        "n_bonds": 4,
        "broken": [],
        "broken_at_ps": None,
        "longest_stretch": 1.2,
        "wall_s": 12.0,
        "curves": {"times_ps": [0, 5], "energy_kcal_mol": [0, 0.1], "temperature_k": [290, 310]},
    }
    return found | changes


def test_a_run_is_one_line() -> None:
    found = dynamics_section([summary()])
    assert [list(line) for line in found.lines] == [
        ["sgdml/springs/n60/s0", "nve 300 K", "10", "298 ± 61", "+0.012", "0.032", "0 of 4"]
    ]
    assert found.bad == [False]
    assert tuple(found.table.columns) == COLUMNS
    [row] = found.table.to_dict("records")
    assert (row["size"], row["seed"], row["drift_mev_atom_ps"]) == (60, 0, 0.01234)


def test_what_went_wrong_is_said() -> None:
    broken = {"atoms": [0, 1], "elements": "O-C", "at_ps": 3.25, "longest_ang": 4.0}
    changes = {"outcome": "fell apart", "simulated_ps": 3.4, "broken": [broken]}
    none = ("drift_mev_atom_ps", "energy_scatter_kcal_mol", "temperature_mean_k")
    changes |= {"broken_at_ps": 3.25, "temperature_std_k": None, **dict.fromkeys(none)}
    found = dynamics_section([summary(**changes)])
    [line] = found.lines
    assert line[2:] == ["3.4 of 10: fell apart", "–", "–", "–", "1 of 4, at 3.25 ps"]
    assert found.bad == [True]


def test_a_figure_shows_the_cell_with_most_frames() -> None:
    labels = [f"{model}/springs/n{n}/s{seed}-0123456789ab"
              for model, n, seed in (("painn", 20, 0), ("sgdml", 60, 1), ("sgdml", 60, 0),
                                     ("sgdml", 20, 0))]  # fmt: skip
    [plot] = dynamics_section([summary(label) for label in labels]).plots
    assert plot.stem == "dynamics_springs"
    curves = plot.inputs[0]
    assert curves["series"].unique().tolist() == ["painn 20, nve 300 K", "sgdml 60, nve 300 K"]


def test_without_a_run_there_is_no_section() -> None:
    found = dynamics_section([])
    assert (list(found.lines), list(found.plots)) == ([], [])


def test_the_page_has_table_and_figure(small: pd.DataFrame) -> None:
    section = dynamics_section([summary()])
    shown = [Shown(plot=plot, picture=Markup("<svg>energy</svg>")) for plot in section.plots]
    about = About(name="a", store="b", collected="c", version="0", grid="d", sections=[section])
    page = render(small, [], shown, about)
    assert page.count('<section id="dynamics">') == 1
    assert page.count('<figure class="plot dynamics">') == 1
    assert page.count("<svg>energy</svg>") == 1
    assert '<td class="n" data-v="298.0">298 ± 61</td>' in page
    assert '<a href="#dynamics">Dynamics</a>' in page
