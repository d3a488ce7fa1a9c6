"""Langevin dynamics on the GFN2-xTB surface, in segments that can be repeated.

Each segment starts from stored positions and momenta with a fresh calculator and its
own random stream, so that its frames depend on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.data.generate.gfn2 import calculating, gfn2, import_tblite
from hpcmlff.data.generate.molecules import Start
from hpcmlff.data.generate.restraint import DrivenRestraint, target_deg
from hpcmlff.spec.canonical import stream_seed
from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.spec.grid import Generate

MOST_DEG_PER_STEP = 0.1
"""Fastest driving; short trajectories make more steps a frame instead."""

_SEED = "Try another seed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dynamics:
    """Settings of the dynamics; they are part of a trajectory's identity."""

    temperature_k: float
    """Temperature of the thermostat."""
    timestep_fs: float = 0.5
    """Time step; hydrogen atoms need a short one."""
    friction_per_fs: float = 0.01
    """Friction of the thermostat."""
    equilibration_steps: int = 1000
    """Steps before the first frame."""
    steps_per_frame: int = 10
    """Steps from one stored frame to the next."""
    segment_frames: int = 50
    """Frames in a segment: the most a kill can cost."""


def default_dynamics(spec: Generate) -> Dynamics:
    """Return the settings for a path: 500 K for free dynamics, 300 K for driven ones."""
    if spec.path == "md":
        return Dynamics(temperature_k=500.0)
    steps = max(10, int(np.ceil(180.0 / MOST_DEG_PER_STEP / spec.frames)))
    return Dynamics(temperature_k=300.0, steps_per_frame=steps)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """One stored frame."""

    positions: NDArray[np.float64]
    """``(n_atoms, 3)``, Å, about the geometric centre."""
    energy: float
    """kcal/mol, without the restraint."""
    forces: NDArray[np.float64]
    """``(n_atoms, 3)``, kcal/mol/Å, without the restraint."""


class Trajectory:
    """The molecule in motion.

    Parameters
    ----------
    spec
        Molecule, path, number of frames and seed.
    start
        Its geometry.
    dynamics
        Settings.

    Raises
    ------
    DataError
        tblite is missing.
    """

    def __init__(self, spec: Generate, start: Start, dynamics: Dynamics) -> None:
        from ase import Atoms

        self._spec, self._dynamics, self._charge = spec, dynamics, start.charge
        import_tblite()
        self._atoms = Atoms([row[0] for row in start.geometry], [row[1:] for row in start.geometry])
        self._restraint: DrivenRestraint | None = None
        if spec.path != "md" and start.bridge is not None:
            self._restraint = DrivenRestraint(spec.path, start.bridge)
            self._atoms.set_constraint(self._restraint)

    @property
    def symbols(self) -> list[str]:
        """Symbols of the atoms."""
        return list(self._atoms.symbols)

    @property
    def state(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions (Å) and momenta (ASE's units), each ``(n_atoms, 3)``."""
        return self._atoms.get_positions(), self._atoms.get_momenta()

    def restore(self, positions: NDArray[np.float64], momenta: NDArray[np.float64]) -> None:
        """Take up what `state` returned at the end of a segment."""
        self._atoms.set_positions(positions, apply_constraint=False)
        self._atoms.set_momenta(momenta, apply_constraint=False)

    def equilibrate(self) -> None:
        """Draw velocities and run until the molecule is warm.

        Raises
        ------
        DataError
            The calculation did not converge.
        """
        from ase.units import kB

        rng = self._stream("equilibration")
        width = np.sqrt(self._atoms.get_masses() * kB * self._dynamics.temperature_k)
        momenta = rng.standard_normal((len(self._atoms), 3)) * width[:, None]
        self._atoms.set_momenta(momenta, apply_constraint=False)
        with calculating("the equilibration", _SEED):
            mover = self._mover(rng)
            for _ in range(self._dynamics.equilibration_steps):
                mover.step()

    def segment(self, first: int, last: int) -> Iterator[Frame]:
        """Run on from one segment's start and yield its frames.

        Parameters
        ----------
        first, last
            Numbers of the first frame and of the one after the last, from 0.

        Raises
        ------
        DataError
            The calculation did not converge.
        """
        with calculating(f"frame {first + 1} to {last}", _SEED):
            mover = self._mover(self._stream(first))
            for number in range(first, last):
                self._advance(mover, number)
                yield self._frame()

    def _advance(self, mover: Any, number: int) -> None:
        steps = self._dynamics.steps_per_frame
        for step in range(steps):
            if self._restraint is not None and self._spec.path != "md":
                fraction = (number * steps + step + 1) / (self._spec.frames * steps)
                self._restraint.target_deg = target_deg(self._spec.path, fraction)
            mover.step()

    def _frame(self) -> Frame:
        # Without the restraint: it only leads the molecule where it would not go.
        energy = self._atoms.get_potential_energy(apply_constraint=False)
        forces = self._atoms.get_forces(apply_constraint=False)
        positions = self._atoms.get_positions()
        return Frame(
            positions=positions - positions.mean(axis=0),
            energy=float(energy * EV_KCAL_MOL),
            forces=forces * EV_KCAL_MOL,
        )

    def _mover(self, rng: np.random.Generator) -> Any:
        from ase import units
        from ase.md.langevin import Langevin

        # A calculator starts from its last wave function; a fresh one has none.
        self._atoms.calc = gfn2(self._charge)
        return Langevin(
            self._atoms,
            self._dynamics.timestep_fs * units.fs,
            temperature_K=self._dynamics.temperature_k,
            friction=self._dynamics.friction_per_fs / units.fs,
            fixcm=False,
            rng=rng,
        )

    def _stream(self, part: str | int) -> np.random.Generator:
        spec = self._spec
        seed = stream_seed("generate", spec.molecule, spec.path, spec.seed, part)
        return np.random.Generator(np.random.Philox(key=seed))
