"""How large a molecule's data are, without its frames in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.data.generate.molecules import find_start
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.fixed import FixedSets
    from hpcmlff.data.frames import Frames
    from hpcmlff.spec.grid import Generate


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """What is the same for all cells of a molecule."""

    n_atoms: int
    """Atoms."""
    n_validation: int
    """Validation frames."""


def extent_of(frames: Frames, fixed: FixedSets, n_validation: int) -> Extent:
    """Return the extent of frames in memory.

    Parameters
    ----------
    frames, fixed
        The frames, and the official split as far as there is one.
    n_validation
        Validation frames that are drawn where no set is laid down.
    """
    laid_down = n_validation if fixed.validation is None else len(fixed.validation)
    return Extent(n_atoms=len(frames.species), n_validation=laid_down)


def extent_of_recipe(recipe: Generate, n_validation: int) -> Extent:
    """Return the extent of frames that are yet to be made.

    Raises
    ------
    DataError
        The molecule is unknown, or a package is missing.
    """
    return Extent(n_atoms=len(find_start(recipe).geometry), n_validation=n_validation)


def stored_extent(path: Path, n_validation: int) -> Extent:
    """Return the extent of a dataset; its frames are neither read nor verified.

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            if "fixed/validation" in file:
                n_validation = len(file["fixed/validation"])
            return Extent(n_atoms=len(file["species"]), n_validation=n_validation)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"the dataset is damaged: {error}", where=str(path)) from None
