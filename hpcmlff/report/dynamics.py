"""What came of dynamics with trained models, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff.report.dynamics_plots import dynamics_plots
from hpcmlff.report.section import Section
from hpcmlff.report.simulated import place, short_label

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = (
    "model",
    "molecule",
    "size",
    "seed",
    "cell_id",
    "thermostat",
    "temperature_k",
    "step_fs",
    "time_ps",
    "simulated_ps",
    "outcome",
    "temperature_mean_k",
    "temperature_std_k",
    "drift_mev_atom_ps",
    "drift_kcal_mol_ps",
    "energy_scatter_kcal_mol",
    "n_bonds",
    "n_broken",
    "broken_at_ps",
    "longest_stretch",
    "wall_s",
    "md_seed",
)
"""Columns of `dynamics_table`."""

_CAPTION = (
    "Drift: slope of the total energy; scatter: its standard deviation about that line, per"
    " molecule; neither has a meaning with a thermostat (–). Temperature: mean ± standard deviation"
    " over the frames. All of these before the first bond broke: one is broken that was longer than"
    " 1.5 times (unless set otherwise) its mean length in the data."
)
_SETTINGS = ("thermostat", "temperature_k", "step_fs", "time_ps")
_FOUND = (
    "simulated_ps",
    "outcome",
    "temperature_mean_k",
    "temperature_std_k",
    "drift_mev_atom_ps",
    "drift_kcal_mol_ps",
    "energy_scatter_kcal_mol",
    "n_bonds",
    "broken_at_ps",
    "longest_stretch",
    "wall_s",
)
_TEXTS = frozenset({"model", "molecule", "cell_id", "thermostat", "outcome"})


def dynamics_section(summaries: Sequence[Mapping[str, Any]]) -> Section:
    """Return all that is to be shown of runs of dynamics.

    Parameters
    ----------
    summaries
        What `hpcmlff.simulation.dynamics.run_md` returned, or what was read of it.
    """
    table = dynamics_table(summaries)
    return Section(
        name="dynamics",
        heading="Dynamics",
        caption=_CAPTION,
        columns=_HEADINGS,
        lines=_lines(table),
        bad=[one["outcome"] != "done" or bool(one["n_broken"]) for one in table.to_dict("records")],
        table=table,
        plots=list(dynamics_plots(summaries)),
    )


def dynamics_table(summaries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a run, with the columns `COLUMNS`.

    Parameters
    ----------
    summaries
        What `hpcmlff.simulation.dynamics.run_md` returned, or what was read of it.
    """
    table = pd.DataFrame([_row(one) for one in summaries], columns=list(COLUMNS))
    numbers = [name for name in COLUMNS if name not in _TEXTS]
    return table.astype(dict.fromkeys(numbers, float))


def _row(summary: Mapping[str, Any]) -> dict[str, Any]:
    settings = summary["settings"]
    return {
        **place(summary),
        "cell_id": summary["cell_id"],
        **{name: settings[name] for name in _SETTINGS},
        **{name: summary[name] for name in _FOUND},
        "n_broken": len(summary["broken"]),
        "md_seed": settings["seed"],
    }


_HEADINGS = (
    ("cell", ""),
    ("dynamics", ""),
    ("time", "ps"),
    ("temperature", "K"),
    ("drift", "meV/atom/ps"),
    ("scatter", "kcal/mol"),
    ("broken", "bonds"),
)


def _lines(table: pd.DataFrame) -> list[list[str]]:
    return [_line(row) for row in table.to_dict("records")]


def _line(row: Mapping[Any, Any]) -> list[str]:
    return [
        short_label(row),
        f"{row['thermostat']} {row['temperature_k']:g} K",
        _simulated(row),
        _number(row["temperature_mean_k"], ".0f") + _spread(row["temperature_std_k"]),
        _number(row["drift_mev_atom_ps"], "+.2g"),
        _number(row["energy_scatter_kcal_mol"], ".2g"),
        _broken(row),
    ]


def _broken(row: Mapping[Any, Any]) -> str:
    text = f"{row['n_broken']:.0f} of {row['n_bonds']:.0f}"
    return text if np.isnan(row["broken_at_ps"]) else f"{text}, at {row['broken_at_ps']:.3g} ps"


def _simulated(row: Mapping[Any, Any]) -> str:
    if row["outcome"] == "done":
        return f"{row['simulated_ps']:g}"
    return f"{row['simulated_ps']:g} of {row['time_ps']:g}: {row['outcome']}"


def _number(value: float, form: str) -> str:
    return "–" if np.isnan(value) else format(value, form)


def _spread(value: float) -> str:
    return "" if np.isnan(value) else f" ± {value:.0f}"
