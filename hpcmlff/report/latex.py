"""The tables in the manner of a paper as LaTeX, with the package booktabs; text only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hpcmlff.report.labels import LABELS, SPREAD
from hpcmlff.report.wide import paper_tables, pivot

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_PREAMBLE = r"""% Needs \usepackage{booktabs}; put it into a document by \input.
% Missing and failed cells stand as such: -- with their state; (2/3) is two of three seeds."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "–": "--",
    "±": r"$\pm$",
    "Å": r"\AA{}",
    "µ": r"$\mu$",
    "σ": r"$\sigma$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
}
_SIGNS = re.compile("|".join(map(re.escape, _SPECIAL)))
_NUMBERS = re.compile(r"[\d.]+(?:e[+-]\d+)?(?: ± [\d.]+(?:e[+-]\d+)?)?")
_MOST_SIZES = 6
"""More columns are set in a smaller type."""


def latex(rows: pd.DataFrame) -> str:
    """Return one table per molecule, errors one below the other.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    tables = ["\n".join(_table(*one)) for one in paper_tables(rows)]
    return "\n\n".join([_PREAMBLE, *tables]) + "\n"


def escaped(text: str) -> str:
    """Return a text that LaTeX sets as it is written."""
    return _SIGNS.sub(lambda match: _SPECIAL[match[0]], text)


def _table(molecule: str, metrics: list[tuple[str, pd.DataFrame]]) -> Iterator[str]:
    sizes, _ = pivot(metrics[0][1])
    yield r"\begin{table}"
    yield r"  \centering"
    yield rf"  \caption{{{escaped(_caption(molecule))}}}"
    yield rf"  \label{{tab:errors-{re.sub(r'[^A-Za-z0-9-]', '-', molecule)}}}"
    if len(sizes) > _MOST_SIZES:
        yield r"  \footnotesize\setlength{\tabcolsep}{3pt}"
    yield rf"  \begin{{tabular}}{{l{'r' * len(sizes)}}}"
    yield r"    \toprule"
    yield rf"    & \multicolumn{{{len(sizes)}}}{{c}}{{training frames}} \\"
    yield rf"    \cmidrule(lr){{2-{len(sizes) + 1}}}"
    yield _row(["model", *map(str, sizes)])
    for metric, part in metrics:
        yield r"    \midrule"
        heading = escaped(LABELS[metric].heading)
        yield rf"    \multicolumn{{{len(sizes) + 1}}}{{l}}{{\emph{{{heading}}}}} \\"
        for name, entries in pivot(part)[1]:
            yield _row([escaped(name), *map(_entry, entries)])
    yield r"    \bottomrule"
    yield r"  \end{tabular}"
    yield r"\end{table}"


def _caption(molecule: str) -> str:
    force, energy = (LABELS[f"{what}_rmse_kcal_mol{per}"] for what, per in _RMSE)
    per_force, per_energy = (label.definition.split("error ")[1] for label in (force, energy))
    return (
        f"Test errors for {molecule}: mean ± {SPREAD}. Forces {per_force}; energies {per_energy}."
    )


_RMSE = (("force", "_ang"), ("energy", ""))


def _row(entries: list[str]) -> str:
    return f"    {' & '.join(entries)} \\\\"


def _entry(text: str) -> str:
    """Set the numbers at the entry's beginning as mathematics, the rest as text."""
    match = _NUMBERS.match(text)
    if match is None:
        return escaped(text)
    numbers = match[0].replace("±", r"\pm")
    numbers = re.sub(r"e([+-])0?(\d+)", r" \\times 10^{\1\2}", numbers).replace("{+", "{")
    return f"${numbers}${escaped(text[match.end() :])}"
