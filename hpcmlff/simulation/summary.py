"""What a trajectory tells of its model: drift, temperature, broken bonds; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import units
from ase.data import chemical_symbols

from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.simulation.bonds import Bonds
    from hpcmlff.simulation.recording import Recording
    from hpcmlff.spec.dynamics import MdSettings

MOST_POINTS = 200
"""Points of the curves that are kept to be plotted."""

_FLAT = 1e-3
"""A moment of inertia below this share of the largest is a linear molecule's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenBond:
    """A bond that was longer than allowed."""

    atoms: tuple[int, int]
    """The atoms, counted from 0."""
    elements: str
    """Such as ``C-H``."""
    at_ps: float
    """When it was so first."""
    longest_ang: float
    """How long it became."""


def summarise(
    settings: MdSettings, species: NDArray[np.int64], bonds: Bonds, recording: Recording
) -> dict[str, Any]:
    """Sum up a trajectory.

    Drift, scatter and temperature are of the frames before the first broken bond: what
    follows it is no simulation of this molecule.

    Parameters
    ----------
    settings
        Those of the run.
    species
        ``(n_atoms,)``, atomic numbers.
    bonds
        The bonds at the start.
    recording
        All frames.

    Returns
    -------
    dict
        Plain values. Of dynamics with a thermostat the total energy is no constant: their
        drift is None.
    """
    stretch = bonds.stretch(recording.positions_ang)
    broken = broken_bonds(settings.broken_factor, species, bonds, recording, stretch)
    n_whole = len(recording)
    if broken:
        n_whole = int(np.searchsorted(recording.times_ps, min(one.at_ps for one in broken)))
    whole = recording.until(n_whole)
    return {
        "n_atoms": len(species),
        "n_frames": len(recording),
        "simulated_ps": float(recording.times_ps[-1]) if len(recording) else 0.0,
        "n_bonds": len(bonds.pairs),
        "broken": [asdict(one) for one in broken],
        "broken_at_ps": min((one.at_ps for one in broken), default=None),
        "longest_stretch": float(stretch.max()) if stretch.size else None,
        **_temperature(temperatures(settings.thermostat, species, whole)),
        **_energy(settings.thermostat, len(species), whole),
        "curves": curves(settings.thermostat, species, recording),
    }


def broken_bonds(
    factor: float,
    species: NDArray[np.int64],
    bonds: Bonds,
    recording: Recording,
    stretch: NDArray[np.float64],
) -> list[BrokenBond]:
    """Return the bonds that were longer than so many times their mean length in the data."""
    found = []
    for number in np.flatnonzero((stretch > factor).any(axis=0)):
        first, second = (int(atom) for atom in bonds.pairs[number])
        frame = int(np.argmax(stretch[:, number] > factor))
        one = BrokenBond(
            atoms=(first, second),
            elements=f"{chemical_symbols[species[first]]}-{chemical_symbols[species[second]]}",
            at_ps=float(recording.times_ps[frame]),
            longest_ang=float(stretch[:, number].max() * bonds.lengths[number]),
        )
        found.append(one)
    return sorted(found, key=lambda one: one.at_ps)


def degrees_of_freedom(
    thermostat: str, species: NDArray[np.int64], positions: NDArray[np.float64]
) -> int:
    """Count what takes up kinetic energy.

    At constant energy the molecule neither moves nor turns as a whole; a thermostat moves all.

    Parameters
    ----------
    thermostat
        ``nve`` or ``langevin``.
    species
        ``(n_atoms,)``, atomic numbers.
    positions
        ``(n_atoms, 3)``, Å.
    """
    if thermostat != "nve":
        return 3 * len(species)
    from ase import Atoms

    moments = Atoms(species, positions).get_moments_of_inertia()
    rotations = int((moments > _FLAT * max(moments.max(), 1e-12)).sum())
    return 3 * len(species) - 3 - rotations


def temperatures(
    thermostat: str, species: NDArray[np.int64], recording: Recording
) -> NDArray[np.float64]:
    """Return the temperature of each frame, K, by equipartition of the kinetic energy."""
    if not len(recording):
        return np.zeros(0)
    free = degrees_of_freedom(thermostat, species, recording.positions_ang[0])
    per_kelvin = 0.5 * free * units.kB * EV_KCAL_MOL
    return recording.kinetic_kcal_mol / per_kelvin if free else np.zeros(len(recording))


def _temperature(found: NDArray[np.float64]) -> dict[str, float | None]:
    return {
        "temperature_mean_k": float(found.mean()) if len(found) else None,
        "temperature_std_k": float(found.std()) if len(found) else None,
    }


def _energy(thermostat: str, n_atoms: int, recording: Recording) -> dict[str, float | None]:
    names = ("drift_kcal_mol_ps", "drift_mev_atom_ps", "energy_scatter_kcal_mol")
    if thermostat != "nve" or len(recording) < 3:
        return dict.fromkeys(names)
    times, total = recording.times_ps, recording.total_kcal_mol
    # Less their first value: seven digits of an energy are the same in all frames.
    slope, start = np.polyfit(times, total - total[0], 1)
    scatter = np.std(total - total[0] - start - slope * times)
    per_atom = 1000.0 * slope / EV_KCAL_MOL / n_atoms
    return dict(zip(names, map(float, (slope, per_atom, scatter)), strict=True))


def curves(
    thermostat: str, species: NDArray[np.int64], recording: Recording
) -> Mapping[str, list[float]]:
    """Return time, energy above its first value and temperature, thinned out to be plotted."""
    chosen = slice(None, None, max(1, -(-len(recording) // MOST_POINTS)))
    total = recording.total_kcal_mol
    above = total - total[0] if len(total) else total
    columns = {
        "times_ps": recording.times_ps,
        "energy_kcal_mol": above,
        "temperature_k": temperatures(thermostat, species, recording),
    }
    return {name: [float(f"{value:.6g}") for value in one[chosen]] for name, one in columns.items()}
