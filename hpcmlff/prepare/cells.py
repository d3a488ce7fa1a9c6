"""From a grid's points to cells, which their molecules' frames have a part in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.data.dataset import FixedSets
from hpcmlff.data.splits import Split, make_split
from hpcmlff.models import registry
from hpcmlff.prepare.settings import variant
from hpcmlff.spec.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.prepare.draft import Draft
    from hpcmlff.prepare.molecules import Ready
    from hpcmlff.spec.grid import Generate


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What cells depend on of their molecule."""

    n_frames: int
    """Frames."""
    fixed: FixedSets
    """The official split as far as there is one."""
    digest: str
    """SHA-256 of frames and fixed sets."""


def origin_of(ready: Ready) -> Origin:
    """Return what cells depend on of frames in memory."""
    return Origin(n_frames=len(ready.frames), fixed=ready.fixed, digest=ready.digest)


def origin_of_recipe(recipe: Generate) -> Origin:
    """Return the same of frames that are yet to be made; their digest is not known."""
    return Origin(n_frames=recipe.frames, fixed=FixedSets(), digest="")


def cells_of(made: Draft, origins: Mapping[str, Origin]) -> tuple[Cell, ...]:
    """Return the cell of each of a grid's points.

    Parameters
    ----------
    made
        The grid.
    origins
        By molecule.
    """
    splits: dict[tuple[str, int], Split] = {}
    digests: dict[tuple[str, int, int], str] = {}
    cells = []
    for point in made.points:
        one, key = origins[point.molecule], (point.molecule, point.seed)
        if key not in splits:
            splits[key] = make_split(one.n_frames, one.fixed, made.grid.split, *key)
        if (*key, point.size) not in digests:
            digests[*key, point.size] = splits[key].digest(point.size)
        cell = Cell(
            model=point.model,
            molecule=point.molecule,
            size=point.size,
            seed=point.seed,
            settings=made.settings[variant(point)],
            dataset=one.digest,
            split=digests[*key, point.size],
            trainer_version=registry.entry(point.model).version,
        )
        cells.append(cell)
    return tuple(cells)
