"""One row per cell: what was asked, where it stands, and its errors if it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff.metrics import METRICS
from hpcmlff.reconcile import Standing, survey
from hpcmlff.spec.states import CellState
from hpcmlff.store.index import refresh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

_NUMBERS = (*METRICS, "train_s", "cpu_s", "peak_mem_gb")
_COUNTS = ("n_train", "n_test")

_DAMAGED = (
    "its final checkpoint is damaged: python -m hpcmlff.store verify --set-aside, then resume"
)


def result_rows(store: Store, frozen: FrozenGrid) -> pd.DataFrame:
    """Return the table of a grid's cells.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.

    Returns
    -------
    DataFrame
        One row per cell in the grid's order. Columns ``model molecule size seed
        cell_id state`` and the four errors (NaN unless done; energies per molecule in
        kcal/mol, forces per component in kcal/mol/Å), ``n_train n_test train_s
        attempts cpu_s peak_mem_gb reason``, and ``model.setting`` for each
        hyperparameter that differs between cells of a model.
    """
    table = {row["cell_id"].decode(): row for row in refresh(store, frozen.cells)}
    standings = survey(store, frozen.cells)
    varied = _varied(frozen.cells)
    rows = [_row(one, table.get(one.cell.id)) | _settings(one.cell, varied) for one in standings]
    return pd.DataFrame(rows)


def _row(standing: Standing, kept: Any) -> dict[str, Any]:
    cell = standing.cell
    done = standing.state is CellState.DONE
    state, reason = standing.state, standing.reason
    if done and (kept is None or not kept["final"]):
        done, state, reason = False, CellState.FAILED, _DAMAGED
    numbers = {name: float(kept[name]) if done else np.nan for name in _NUMBERS}
    return {
        "model": cell.model,
        "molecule": cell.molecule,
        "size": cell.size,
        "seed": cell.seed,
        "cell_id": cell.id,
        "state": state.value,
        **{name: numbers[name] for name in METRICS},
        **{name: int(kept[name]) if done else pd.NA for name in _COUNTS},
        "train_s": numbers["train_s"],
        "attempts": standing.attempts,
        "cpu_s": numbers["cpu_s"],
        "peak_mem_gb": numbers["peak_mem_gb"],
        "reason": reason,
    }


def _varied(cells: Iterable[Cell]) -> dict[str, list[str]]:
    values: dict[str, dict[str, set[str]]] = {}
    for cell in cells:
        seen = values.setdefault(cell.model, {})
        for name, value in cell.settings.items():
            seen.setdefault(name, set()).add(repr(value))
    return {model: [n for n, v in seen.items() if len(v) > 1] for model, seen in values.items()}


def _settings(cell: Cell, varied: dict[str, list[str]]) -> dict[str, Any]:
    found = {f"{model}.{name}": None for model, names in varied.items() for name in names}
    own = {f"{cell.model}.{name}": cell.settings[name] for name in varied[cell.model]}
    return found | own
