"""Frames that were recorded, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hpcmlff.simulation.motion import Frame

_GROUP = "trajectory/"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recording:
    """Frames of a trajectory, one after the other."""

    times_ps: NDArray[np.float64]
    """``(n_frames,)``, from the first frame after equilibration on."""
    positions_ang: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, Å."""
    velocities_ang_ps: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, Å/ps."""
    potential_kcal_mol: NDArray[np.float64]
    """``(n_frames,)``, predicted energies."""
    kinetic_kcal_mol: NDArray[np.float64]
    """``(n_frames,)``."""

    def __len__(self) -> int:
        return len(self.times_ps)

    @property
    def total_kcal_mol(self) -> NDArray[np.float64]:
        """``(n_frames,)``, potential and kinetic energy."""
        return self.potential_kcal_mol + self.kinetic_kcal_mol

    def until(self, n_frames: int) -> Recording:
        """Return the first frames only."""
        return Recording(**{name: array[:n_frames] for name, array in _arrays(self).items()})

    def as_plain(self) -> dict[str, NDArray[Any]]:
        """Return the arrays under the names they have in files."""
        return {_GROUP + name: array for name, array in _arrays(self).items()}


def from_plain(arrays: Mapping[str, NDArray[Any]]) -> Recording:
    """Return what `Recording.as_plain` was made from.

    Raises
    ------
    KeyError
        An array is missing.
    """
    return Recording(**{one.name: arrays[_GROUP + one.name] for one in fields(Recording)})


def recorded(times_ps: Sequence[float], frames: Sequence[Frame], n_atoms: int) -> Recording:
    """Return frames as arrays.

    Parameters
    ----------
    times_ps
        ``(n_frames,)``.
    frames
        The frames.
    n_atoms
        Atoms of each, also if there is none.
    """
    shape = (len(frames), n_atoms, 3)
    return Recording(
        times_ps=np.array(times_ps, dtype=float),
        positions_ang=np.array([one.positions for one in frames], dtype=float).reshape(shape),
        velocities_ang_ps=np.array([one.velocities for one in frames], dtype=float).reshape(shape),
        potential_kcal_mol=np.array([one.potential for one in frames], dtype=float),
        kinetic_kcal_mol=np.array([one.kinetic for one in frames], dtype=float),
    )


def joined(parts: Sequence[Recording]) -> Recording:
    """Return the frames of all parts."""
    names = [one.name for one in fields(Recording)]
    return Recording(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _arrays(given: Recording) -> dict[str, NDArray[Any]]:
    return {one.name: getattr(given, one.name) for one in fields(Recording)}
