"""What quality checks look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.report.findings import Finding, Severity
from hpcmlff.report.rows import with_variant
from hpcmlff.report.summary import series_name
from hpcmlff.report.wording import seeds_in_words
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Examined:
    """A grid's cells with all that is known of them."""

    cells: pd.DataFrame
    """Tidy rows with variant and ``series``, and what was gathered of finished cells."""
    frames: Mapping[str, Sequence[Mapping[str, str]]]
    """Molecule to what is strange about its frames."""
    split: Mapping[str, Any]
    """How the grid shares out frames."""

    @property
    def done(self) -> pd.DataFrame:
        """The finished cells."""
        return self.cells[self.cells["state"] == CellState.DONE]

    def records(self) -> list[dict[str, Any]]:
        """Return the finished cells one by one."""
        return records(self.done)


def records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain dictionaries."""
    return [{str(name): value for name, value in r.items()} for r in cells.to_dict("records")]


def examined(
    rows: pd.DataFrame,
    facts: pd.DataFrame,
    frames: Mapping[str, Sequence[Mapping[str, str]]],
    split: Mapping[str, Any],
) -> Examined:
    """Join result rows with what was gathered.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    facts
        By ``cell_id``, the scalars of `hpcmlff.evidence.columns.ROW`, ``stated_frames``
        and ``stated_split``.
    frames
        Molecule to what is strange about its frames.
    split
        How the grid shares out frames.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = with_variant(rows)
    new = facts[[name for name in facts.columns if name not in cells.columns]]
    pairs = zip(cells["model"], cells["variant"], strict=True)
    cells = cells.assign(series=[series_name(*pair) for pair in pairs])
    return Examined(cells=cells.join(new, on="cell_id"), frames=frames, split=split)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What findings of one code have in common."""

    severity: Severity
    """How bad it is."""
    code: str
    """Its name."""
    advice: str
    """What to do."""

    def of(
        self, cells: pd.DataFrame | Sequence[Mapping[str, Any]], text: str, **numbers: float
    ) -> Finding:
        """Return a finding about some cells.

        Parameters
        ----------
        cells
            Rows of `Examined.cells`.
        text
            What was found.
        numbers
            What it rests on.
        """
        listed = cells if isinstance(cells, Sequence) else records(cells)
        return Finding(
            severity=self.severity,
            code=self.code,
            where=named(listed),
            text=text,
            advice=self.advice,
            cells=tuple(str(one["cell_id"]) for one in listed),
            numbers={name: float(value) for name, value in numbers.items()},
        )


def named(cells: Sequence[Mapping[str, Any]]) -> str:
    """Return ``sgdml glycine 200 (seeds 0, 1)`` for each group of seeds, all of them."""
    seeds: dict[tuple[str, str, int], list[int]] = {}
    for one in cells:
        key = str(one["series"]), str(one["molecule"]), int(one["size"])
        seeds.setdefault(key, []).append(int(one["seed"]))
    return "; ".join(
        f"{series} {molecule} {size} ({seeds_in_words(found)})"
        for (series, molecule, size), found in seeds.items()
    )
