"""A trajectory as a file of its own: HDF5 as it is kept, or any format that ASE writes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import DataError, StoreError
from hpcmlff.files import replacing, write_durably
from hpcmlff.simulation.motion import ANG_PER_PS
from hpcmlff.simulation.recording import from_plain
from hpcmlff.simulation.run_folder import TRAJECTORY
from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.simulation.run_folder import RunFolder

HDF5 = frozenset({".h5", ".hdf5"})
"""Endings of files that are copied as they are."""


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written in the end, before anything is computed.

    Raises
    ------
    StoreError
        The file exists, or its folder does not.
    DataError
        ASE knows no format of this name.
    """
    if path.exists() and not overwrite:
        hint = "Name another file with -o, or give --force"
        raise StoreError("exists already", where=str(path), hint=hint)
    if not path.parent.is_dir():
        raise StoreError("no such folder", where=str(path.parent))
    if path.suffix not in HDF5:
        _ase_format(path)


def write_trajectory(folder: RunFolder, path: Path) -> None:
    """Write the trajectory of a run that has ended.

    Parameters
    ----------
    folder
        The run's.
    path
        The file; ``.h5`` is HDF5, other endings are ASE's.

    Raises
    ------
    StoreError
        The run's trajectory is damaged, or the file cannot be written.
    """
    try:
        if path.suffix in HDF5:
            write_durably(path, [(folder.path / TRAJECTORY).read_bytes()])
            return
        from ase.io import write

        with replacing(path) as temporary:
            write(temporary, list(_images(folder)), format=_ase_format(path))
    except OSError as error:
        words = error.strerror or str(error)
        raise StoreError(f"cannot be written: {words}", where=str(path)) from None


def _images(folder: RunFolder) -> Iterator[Any]:
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator

    content = folder.trajectory()
    found = from_plain(content.plain)
    for number in range(len(found)):
        atoms = Atoms(content.plain["molecule/species"], found.positions_ang[number])
        atoms.set_velocities(found.velocities_ang_ps[number] / ANG_PER_PS)
        atoms.info["time_ps"] = float(found.times_ps[number])
        energy = float(found.potential_kcal_mol[number] / EV_KCAL_MOL)
        atoms.calc = SinglePointCalculator(atoms, energy=energy)
        yield atoms


def _ase_format(path: Path) -> str:
    from ase.io.formats import UnknownFileTypeError, filetype, ioformats

    name = ""
    with suppress(UnknownFileTypeError):
        name = filetype(str(path), read=False)
    known = ioformats.get(name)
    if known is None or not known.can_write or known.single:
        what = "ASE writes no trajectories of this name"
        raise DataError(what, where=str(path), hint="Use .h5, .traj or .xyz")
    return name
