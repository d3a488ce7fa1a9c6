"""Numbers and states as text, the same in every table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hpcmlff.report.labels import LABELS, SPREAD
from hpcmlff.report.summary import series_name, state_counts
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

PAPER_METRICS = ("force_rmse_kcal_mol_ang", "energy_rmse_kcal_mol")
"""The errors shown where there is little room."""

TABLE_METRICS = (
    "force_rmse_kcal_mol_ang",
    "force_mae_kcal_mol_ang",
    "energy_rmse_kcal_mol",
    "energy_mae_kcal_mol",
)
"""The errors of the tables in the manner of a paper, in their order."""

_MOST_SEEDS = 5


def mean_spread(mean: float, spread: float) -> str:
    """Return ``1.36 ± 0.04``: as many decimals as the spread leaves meaningful.

    The mean has three digits, the spread at least one, two where it begins with 1; a
    mean below one with a wide spread has two digits.

    Parameters
    ----------
    mean, spread
        In the same unit; a NaN spread (one seed) is left out.
    """
    if mean and not 1e-4 <= abs(mean) < 1e5:
        return f"{mean:.2e}" if math.isnan(spread) else f"{mean:.2e} ± {spread:.0e}"
    decimals = max(0, 2 - _exponent(mean))
    if math.isnan(spread):
        return f"{mean:.{decimals}f}"
    if spread > 0:
        least = max(min(2, decimals), 1 - _exponent(mean), 0)
        decimals = min(max(least, _spread_decimals(spread)), decimals + 3)
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"


def _spread_decimals(spread: float) -> int:
    exponent = _exponent(spread)
    return 1 - exponent if spread < 2 * 10.0**exponent else -exponent


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def entry(line: Mapping[Any, Any]) -> str:
    """Return a table's entry for one line of the learning table.

    Parameters
    ----------
    line
        ``mean``, ``spread``, ``n_done``, ``n_all`` and ``states``.

    Returns
    -------
    str
        ``1.36 ± 0.04``, ``1.36 ± 0.04 (2/3)`` where seeds are missing, ``– failed``
        where no seed is done.
    """
    n_done, n_all, states = int(line["n_done"]), int(line["n_all"]), str(line["states"])
    if n_done == 0:
        return f"– {states.removeprefix(f'{n_all} ')}"
    text = mean_spread(float(line["mean"]), float(line["spread"]))
    return text if n_done == n_all else f"{text} ({n_done}/{n_all})"


def caption(metrics: Sequence[str]) -> list[str]:
    """Return the sentences that a table of these metrics needs to be understood."""
    lines = [f"{LABELS[m].heading}: {LABELS[m].definition}." for m in metrics]
    first = [line[:1].upper() + line[1:] for line in lines]
    return [
        *first,
        f"Entries are mean ± {SPREAD}; one column per number of training frames.",
        "(2/3): only two of three seeds are done. –: none is done, with the state instead.",
    ]


def progress(cells: pd.DataFrame) -> str:
    """Return ``4 of 6 cells done; 1 failed, 1 pending``."""
    counts = state_counts(cells["state"])
    n_done = counts.pop(str(CellState.DONE), 0)
    rest = ", ".join(f"{n} {state}" for state, n in counts.items())
    return f"{n_done} of {len(cells)} cells done" + (f"; {rest}" if rest else "")


def unfinished(cells: pd.DataFrame, state: str, most: int = 6) -> str:
    """Name the cells in a state, seeds together, and count what is not named.

    Parameters
    ----------
    cells
        Rows with their variant.
    state
        A cell state.
    most
        Number of groups of seeds that are named.

    Returns
    -------
    str
        ``sgdml ethanol 1000 (seeds 0, 1); and 3 more cells``.
    """
    chosen = cells[cells["state"] == state]
    keys = ["model", "variant", "molecule", "size"]
    seeds = chosen.groupby(keys, sort=False)["seed"].agg(list)
    groups = [(*key, found) for key, found in zip(seeds.index.tolist(), seeds, strict=True)]
    lines = [
        f"{series_name(model, variant)} {molecule} {size} ({_few(found)})"
        for model, variant, molecule, size, found in groups[:most]
    ]
    left = sum(len(found) for *_, found in groups[most:])
    return "; ".join([*lines, *([f"and {left} more"] if left else [])])


def _few(seeds: Sequence[int]) -> str:
    return f"{len(seeds)} seeds" if len(seeds) > _MOST_SEEDS else seeds_in_words(seeds)


def seeds_in_words(seeds: Sequence[int]) -> str:
    """Return ``seed 3`` or ``seeds 0, 1``."""
    word = "seed" if len(seeds) == 1 else "seeds"
    return f"{word} {', '.join(str(seed) for seed in seeds)}"
