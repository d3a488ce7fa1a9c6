"""A harmonic restraint that is driven along azobenzene's central bridge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STIFFNESS_EV_RAD2 = 10.0
"""Force constant: with barriers of about 2 eV/rad the molecule lags by about 10°."""

SWEEP_DEG = {"rotation": (180.0, 0.0), "inversion": (117.0, 180.0)}
"""First and last target: the CNNC dihedral from trans to cis, the CNN angle from its
equilibrium to linear (GFN2-xTB)."""


def target_deg(path: Literal["rotation", "inversion"], fraction: float) -> float:
    """Return the restraint's target at a fraction of the trajectory, degrees.

    The dihedral goes from trans to cis once. The angle is opened to linear in the
    first half and closed again in the second, to whichever side the molecule takes.
    """
    first, last = SWEEP_DEG[path]
    share = fraction if path == "rotation" else 1.0 - abs(2.0 * fraction - 1.0)
    return first + (last - first) * share


class DrivenRestraint:
    """½ k (angle - target)², as a constraint that ASE's dynamics apply to the forces.

    Energies and forces asked for with ``apply_constraint=False`` are without it.

    Parameters
    ----------
    path
        ``rotation``: the dihedral of all four atoms; ``inversion``: the angle of the
        first three.
    bridge
        Atoms C, N, N, C; for an angle three atoms will do.
    stiffness_ev_rad2
        Force constant.
    """

    def __init__(
        self,
        path: Literal["rotation", "inversion"],
        bridge: Sequence[int],
        stiffness_ev_rad2: float = STIFFNESS_EV_RAD2,
    ) -> None:
        self._path = path
        self._stiffness = stiffness_ev_rad2
        self._atoms = list(bridge if path == "rotation" else bridge[:3])
        self.target_deg = target_deg(path, 0.0)

    def adjust_positions(self, atoms: Any, new: NDArray[np.float64]) -> None:
        """Leave positions as they are."""

    def adjust_momenta(self, atoms: Any, momenta: NDArray[np.float64]) -> None:
        """Leave momenta as they are."""

    def get_removed_dof(self, atoms: Any) -> int:  # noqa: ARG002
        """Return 0: a restraint takes away no degree of freedom."""
        return 0

    def adjust_potential_energy(self, atoms: Any) -> float:
        """Return the restraint's energy, eV.

        Dynamics apply the forces only of constraints that have this method.
        """
        away_rad, _ = self._away(atoms)
        return 0.5 * self._stiffness * away_rad**2

    def adjust_forces(self, atoms: Any, forces: NDArray[np.float64]) -> None:
        """Add the restraint's forces, eV/Å, in place."""
        away_rad, slope_rad_ang = self._away(atoms)
        forces[self._atoms] -= self._stiffness * away_rad * slope_rad_ang

    def _away(self, atoms: Any) -> tuple[float, NDArray[np.float64]]:
        """Return how far from the target the angle is, and its derivatives per Å."""
        angle_deg, slope_deg = self._angle(atoms.positions[self._atoms])
        away_deg = (angle_deg - self.target_deg + 180.0) % 360.0 - 180.0
        return math.radians(away_deg), np.radians(slope_deg)

    def _angle(self, positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the angle in degrees and its derivatives in degrees/Å."""
        from ase import geometry

        steps = np.diff(positions, axis=0)[:, None, :]
        if self._path == "rotation":
            angle = geometry.get_dihedrals(*steps)
            return float(angle[0]), geometry.get_dihedrals_derivatives(*steps)[0]
        sides = (-steps[0], steps[1])
        return float(geometry.get_angles(*sides)[0]), geometry.get_angles_derivatives(*sides)[0]
