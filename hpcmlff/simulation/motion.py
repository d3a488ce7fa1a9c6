"""A molecule in motion: ASE's integrators on a trained model, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms, units
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import Stationary, ZeroRotation
from ase.md.verlet import VelocityVerlet

from hpcmlff.simulation.calculator import TrainedCalculator
from hpcmlff.spec.canonical import stream_seed
from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.spec.dynamics import MdSettings

HOTTEST_K = 1e5
"""What is hotter than this is no molecule any more, and its simulation ends."""

ANG_PER_PS = 1000.0 * units.fs
"""ASE's unit of velocity in Å/ps."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class State:
    """All that the next step depends on."""

    step: int
    """Steps done."""
    positions: NDArray[np.float64]
    """``(n_atoms, 3)``, Å."""
    momenta: NDArray[np.float64]
    """``(n_atoms, 3)``, ASE's units."""
    generator: Mapping[str, Any]
    """State of the random generator, plain values."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """One recorded frame."""

    positions: NDArray[np.float64]
    """``(n_atoms, 3)``, Å."""
    velocities: NDArray[np.float64]
    """``(n_atoms, 3)``, Å/ps."""
    potential: float
    """kcal/mol."""
    kinetic: float
    """kcal/mol."""


class Motion:
    """Dynamics that can be stopped after any step and go on with the same bits.

    Parameters
    ----------
    field
        The model.
    settings
        Thermostat, time step and so on.
    positions
        ``(n_atoms, 3)``, Å, where it begins.
    """

    def __init__(
        self, field: ForceField, settings: MdSettings, positions: NDArray[np.float64]
    ) -> None:
        self._settings = settings
        self._calculator = TrainedCalculator(field)
        self._atoms = Atoms(field.species, positions, calculator=self._calculator)
        self._forces: NDArray[np.float64] | None = None
        seed = stream_seed("md", field.cell.molecule, settings.seed)
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._movers = {
            "langevin": Langevin(
                self._atoms,
                settings.step_fs * units.fs,
                temperature_K=settings.temperature_k,
                friction=settings.friction_per_ps / (1000.0 * units.fs),
                fixcm=False,
                rng=self._rng,
            ),
            "nve": VelocityVerlet(self._atoms, settings.step_fs * units.fs),
        }
        # ASE's function for it has another name in every second release.
        width = np.sqrt(self._atoms.get_masses() * units.kB * settings.temperature_k)
        momenta = self._rng.standard_normal(positions.shape) * width[:, None]
        self._atoms.set_momenta(momenta)
        self.step = 0
        self._begin_production()

    def _begin_production(self) -> None:
        if self.step == self._settings.equilibration_steps and self._settings.thermostat == "nve":
            # Nothing would ever take away a motion of the molecule as a whole. What it had of
            # the kinetic energy goes: given to the vibrations, it would heat them.
            Stationary(self._atoms, preserve_temperature=False)
            ZeroRotation(self._atoms, preserve_temperature=False)

    def advance(self) -> None:
        """Make one step."""
        warming = self.step < self._settings.equilibration_steps
        mover = self._movers["langevin" if warming else self._settings.thermostat]
        # Handed on: to find out that no atom has moved costs ASE as much as a prediction.
        self._forces = mover.step(self._forces)
        self.step += 1
        self._begin_production()

    @property
    def is_sound(self) -> bool:
        """Whether all is finite, and the molecule colder than the inside of a star."""
        # Positions first: a model need not bear to be asked for a frame without any.
        if not np.isfinite(self.positions).all():
            return False
        if self._forces is None:
            self._forces = self._atoms.get_forces()
        finite = np.isfinite(self._energy_ev) and np.isfinite(self._forces).all()
        return bool(finite) and self._atoms.get_temperature() < HOTTEST_K

    @property
    def _energy_ev(self) -> float:
        energy: Any = self._calculator.results["energy"]
        return float(energy)

    @property
    def positions(self) -> NDArray[np.float64]:
        """``(n_atoms, 3)``, Å, at present; not to be changed."""
        found: NDArray[np.float64] = self._atoms.positions
        return found

    def frame(self) -> Frame:
        """Return what is recorded of the present moment."""
        return Frame(
            positions=self._atoms.get_positions(),
            velocities=self._atoms.get_velocities() * ANG_PER_PS,
            potential=self._energy_ev * EV_KCAL_MOL,
            kinetic=float(self._atoms.get_kinetic_energy() * EV_KCAL_MOL),
        )

    @property
    def state(self) -> State:
        """All that the next step depends on."""
        return State(
            step=self.step,
            positions=self._atoms.get_positions(),
            momenta=self._atoms.get_momenta(),
            generator=dict(self._rng.bit_generator.state),
        )

    def restore(self, state: State) -> None:
        """Take up a state; the steps that follow are those that followed it before."""
        self.step = state.step
        self._atoms.set_positions(state.positions)
        self._atoms.set_momenta(state.momenta)
        self._forces = None
        self._rng.bit_generator.state = dict(state.generator)
