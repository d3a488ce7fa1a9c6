"""One row per cell: what was asked, where it stands, and its errors if it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff.evidence.gathering import Gathering
from hpcmlff.evidence.spending import Places, places, spent
from hpcmlff.metrics import METRICS
from hpcmlff.reconcile import Standing, survey
from hpcmlff.spec.states import CellState
from hpcmlff.spec.variants import Varied, varied
from hpcmlff.store.index import refresh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hpcmlff.evidence.columns import Evidence
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

_NUMBERS = (*METRICS, "train_s", "cpu_s", "peak_mem_gb")
_COUNTS = ("n_train", "n_test")
_HOURS = ("core_h", "gpu_h", "requested_core_h", "lost_core_h")
_HOUR_S = 3600.0

_DAMAGED = (
    "its final checkpoint is damaged: python -m hpcmlff.store verify --set-aside, then resume"
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Results:
    """What a grid's cells have given so far."""

    rows: pd.DataFrame
    """See `result_rows`."""
    evidence: Evidence
    """What was gathered of the finished cells."""
    facts: pd.DataFrame
    """Its scalars by ``cell_id``, and what the grid states of the cell: ``stated_frames``,
    ``stated_split``; ``place`` is the cell's in `evidence`."""
    frames: Mapping[str, list[Mapping[str, str]]]
    """Name of each molecule to what is strange about its frames."""


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
        attempts cpu_s peak_mem_gb``, ``energy_bias_kcal_mol`` (mean signed error),
        ``core_h gpu_h requested_core_h lost_core_h`` (of all attempts), ``reason``, and
        ``model.setting`` for each hyperparameter that differs between cells of a model.
    """
    return results(store, frozen).rows


def results(store: Store, frozen: FrozenGrid) -> Results:
    """Return the table of a grid's cells and what is behind it; only what is new is read.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.
    """
    # First: a cell that is done while the index is made must not seem to be damaged.
    standings = survey(store, frozen.cells)
    gathering = Gathering(store=store, frozen=frozen)
    index = refresh(store, frozen.cells, seen=gathering.see)
    kept = gathering.finish(index)
    facts = _facts(kept.evidence, frozen.cells)
    table = {row["cell_id"].decode(): row for row in index}
    extra, asked = facts.to_dict("index"), places(store.ledger)
    names = varied(frozen.cells)
    rows = [
        _row(one, table.get(one.cell.id))
        | _paid(store, one, extra.get(one.cell.id), asked)
        | {"reason": _state(one, table.get(one.cell.id))[1]}
        | _settings(one.cell, names)
        for one in standings
    ]
    frames: dict[str, list[Mapping[str, str]]] = {
        name: list(kept.frames[digest]) for name, digest in frozen.molecules.items()
    }
    return Results(rows=pd.DataFrame(rows), evidence=kept.evidence, facts=facts, frames=frames)


def _facts(evidence: Evidence, cells: Iterable[Cell]) -> pd.DataFrame:
    rows, names = evidence.rows, evidence.rows.dtype.names or ()
    facts = pd.DataFrame({name: _column(rows[name]) for name in names if name != "label"})
    labelled = {cell.label: cell for cell in cells}
    found = [labelled[label.decode()] for label in rows["label"].tolist()]
    return facts.assign(
        place=range(len(found)),
        stated_frames=[cell.dataset for cell in found],
        stated_split=[cell.split for cell in found],
    ).set_axis(pd.Index([cell.id for cell in found], name="cell_id"))


def _column(values: NDArray[Any]) -> Any:
    return [text.decode() for text in values.tolist()] if values.dtype.kind == "S" else values


def _paid(store: Store, one: Standing, gathered: Any, asked: Places) -> dict[str, float]:
    """Return the energies' bias and what the cell has cost."""
    if gathered is not None:
        hours = {name: gathered[f"{name.removesuffix('h')}s"] / _HOUR_S for name in _HOURS}
        return {"energy_bias_kcal_mol": gathered["energy_bias_kcal_mol"], **hours}
    if not one.attempts:
        return {"energy_bias_kcal_mol": np.nan, **dict.fromkeys(_HOURS, np.nan)}
    found = spent(store.cell(one.cell), (), asked)
    # How much of it a later attempt goes on from is not known before the cell is done.
    lost_s = found.core_s if one.state is CellState.FAILED else np.nan
    sums = (found.core_s, found.gpu_s, found.requested_core_s, lost_s)
    hours = {name: value / _HOUR_S for name, value in zip(_HOURS, sums, strict=True)}
    return {"energy_bias_kcal_mol": np.nan, **hours}


def _row(standing: Standing, kept: Any) -> dict[str, Any]:
    cell, state = standing.cell, _state(standing, kept)[0]
    done = state is CellState.DONE
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
    }


def _state(standing: Standing, kept: Any) -> tuple[CellState, str]:
    if standing.state is CellState.DONE and (kept is None or not kept["final"]):
        return CellState.FAILED, _DAMAGED
    return standing.state, standing.reason


def _settings(cell: Cell, names: Varied) -> dict[str, Any]:
    found = {f"{model}.{name}": None for model, own in names.items() for name in own}
    own = {f"{cell.model}.{name}": cell.settings.get(name) for name in names[cell.model]}
    return found | own
