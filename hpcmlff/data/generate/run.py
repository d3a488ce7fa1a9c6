"""Generate a trajectory, from the beginning or from where it was left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

from threadpoolctl import threadpool_limits

from hpcmlff.data.generate.dynamics import Dynamics, Frame, Trajectory, default_dynamics
from hpcmlff.data.generate.molecules import INSTALL, Start, find_start
from hpcmlff.data.generate.partial import Partial, Progress
from hpcmlff.errors import DataError
from hpcmlff.spec.canonical import canonical_json

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.spec.grid import Generate

GENERATE_FORMAT = 1
"""Raised when equal settings give other frames."""

Report = Callable[[int, int], None]
"""Called with the number of frames done and the number in all."""


def generate_frames(
    spec: Generate,
    out: Path,
    progress: Report | None = None,
    *,
    overwrite: bool = False,
    dynamics: Dynamics | None = None,
) -> None:
    """Write a trajectory in the published xyz format, kcal/mol and Å.

    The unfinished file is ``OUT.part`` beside ``OUT.part.npz``. A run that was killed
    goes on from there, at most one segment back, and ends with the very bytes of an
    unbroken one. Runs one thread; with more, tblite is 3 to 14 times slower.

    Parameters
    ----------
    spec
        Molecule, path, number of frames and seed.
    out
        The file; its folder must exist.
    progress
        Told after every frame, and once at the start.
    overwrite
        Whether a finished file may be replaced.
    dynamics
        Settings of the dynamics; those of the path if left out.

    Raises
    ------
    DataError
        The file exists, the molecule is unknown, a package is missing, or files of an
        unfinished run were begun with other settings.
    """
    if out.exists() and not overwrite:
        raise DataError("exists already", where=str(out), hint="Remove it or give --force")
    start = find_start(spec)
    settings = dynamics or default_dynamics(spec)
    trajectory = Trajectory(spec, start, settings)
    partial = Partial(out)
    # Set here and not by OMP_NUM_THREADS: another package may have loaded OpenMP long ago.
    with threadpool_limits(1, user_api="openmp"), partial.opened() as file:
        runner = _Runner(spec, settings, trajectory, partial, file)
        runner.run(_identity(spec, start, settings), progress or _silent)
        partial.finish()


def check_recipe(spec: Generate) -> None:
    """Refuse a recipe that cannot be carried out, before anything is made.

    Raises
    ------
    DataError
        The molecule is unknown, or a package is missing.
    """
    find_start(spec)
    if find_spec("tblite") is None:
        raise DataError("generating frames needs tblite", hint=INSTALL)


def _silent(done: int, total: int) -> None:
    del done, total


def _identity(spec: Generate, start: Start, dynamics: Dynamics) -> str:
    return canonical_json(
        {
            "format": GENERATE_FORMAT,
            "spec": spec.model_dump(),
            "start": asdict(start),
            "dynamics": asdict(dynamics),
            "versions": {name: version(name) for name in ("ase", "numpy", "tblite")},
        }
    )


class _Runner:
    """Segment after segment, each kept before the next begins."""

    def __init__(
        self,
        spec: Generate,
        dynamics: Dynamics,
        trajectory: Trajectory,
        partial: Partial,
        file: BinaryIO,
    ) -> None:
        self._n_frames, self._length = spec.frames, dynamics.segment_frames
        self._trajectory, self._partial, self._file = trajectory, partial, file

    def run(self, settings: str, report: Report) -> None:
        done = self._begin(settings, report)
        while done < self._n_frames:
            last = min(done + self._length, self._n_frames)
            for number, frame in enumerate(self._trajectory.segment(done, last), start=done + 1):
                self._file.write(as_text(self._trajectory.symbols, frame).encode())
                report(number, self._n_frames)
            done = last
            self._keep(settings, done)

    def _begin(self, settings: str, report: Report) -> int:
        before = self._partial.load(self._file, settings)
        report(before.n_frames if before else 0, self._n_frames)
        if before:
            self._trajectory.restore(before.positions, before.momenta)
            return before.n_frames
        self._trajectory.equilibrate()
        self._keep(settings, 0)
        return 0

    def _keep(self, settings: str, n_frames: int) -> None:
        positions, momenta = self._trajectory.state
        state = Progress(
            settings=settings,
            n_frames=n_frames,
            n_bytes=self._file.tell(),
            positions=positions,
            momenta=momenta,
        )
        self._partial.save(self._file, state)


def as_text(symbols: list[str], frame: Frame) -> str:
    """Return a frame in the published xyz format.

    Positions have ten decimals (Å), energy and forces eight (kcal/mol, kcal/mol/Å).
    """
    lines = [str(len(symbols)), f"{frame.energy:.8f}"]
    for symbol, place, force in zip(symbols, frame.positions, frame.forces, strict=True):
        numbers = [f"{x:16.10f}" for x in place] + [f"{x:16.8f}" for x in force]
        lines.append(f"{symbol:<2}" + "".join(numbers))
    return "\n".join(lines) + "\n"
