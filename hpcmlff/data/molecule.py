"""A molecule as the grid describes it: its frames and its official split."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.data.fixed import SETS, FixedSets, check_disjoint, read_indices
from hpcmlff.data.readers.raw import other_atom
from hpcmlff.data.readers.source import Source, read_frames
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.frames import Frames
    from hpcmlff.spec.grid import Molecule


def load_molecule(molecule: Molecule, folder: Path) -> tuple[Frames, FixedSets, dict[str, Any]]:
    """Read the files a molecule names.

    The frames of ``test_path`` are put after those of ``path``; they are the fixed
    test set, and training is kept to the others.

    Parameters
    ----------
    molecule
        As written in the grid.
    folder
        The grid file's folder; paths are relative to it.

    Returns
    -------
    frames
        All frames, kcal/mol and Å.
    fixed
        The official split as far as there is one.
    source
        Plain JSON values: files with their formats and SHA-256, units and who
        stated them.

    Raises
    ------
    DataError
        A file is wrong, or the files do not belong together.
    """
    if molecule.path is None:
        what = (
            f"the frames of {molecule.generate and molecule.generate.molecule} are yet to be made"
        )
        raise DataError(what, hint="python -m hpcmlff.data generate --help")
    main = read_frames(folder / molecule.path, format=molecule.format, units=molecule.units)
    sources, frames = [main], main.frames
    if molecule.test_path:
        path = folder / molecule.test_path
        sources.append(read_frames(path, format=molecule.format, units=molecule.units))
        frames = _joined(main, sources[1])
    fixed, files = _fixed(molecule, folder, sources)
    return frames, fixed, _origin(sources, files)


def _joined(main: Source, test: Source) -> Frames:
    _same_molecule(main, test)
    if main.units != test.units:
        what = f"the units are {_written(test)}, those of {main.path} are {_written(main)}"
        raise DataError(what, where=str(test.path))
    pairs = {
        name: np.concatenate([getattr(main.frames, name), getattr(test.frames, name)])
        for name in ("positions", "energies", "forces")
    }
    return replace(main.frames, **pairs)


def _same_molecule(main: Source, test: Source) -> None:
    mine, theirs = main.frames.species, test.frames.species
    if len(mine) != len(theirs):
        what = f"the frames have {len(theirs)} atoms, those of {main.path} have {len(mine)}"
        raise DataError(what, where=str(test.path))
    for atom in np.flatnonzero(mine != theirs):
        what = other_atom(atom + 1, theirs[atom], mine[atom]).replace("in the first frame", "in {}")
        raise DataError(what.format(main.path), where=str(test.path))


def _written(source: Source) -> str:
    return f"{source.units.energy} and {source.units.length}"


def _fixed(
    molecule: Molecule, folder: Path, sources: list[Source]
) -> tuple[FixedSets, dict[str, str]]:
    n_main = len(sources[0].frames)
    files = {name: folder / p for name in SETS if (p := getattr(molecule, f"{name}_indices"))}
    base = molecule.index_base
    sets = {name: read_indices(p, n_frames=n_main, base=base) for name, p in files.items()}
    fixed = FixedSets(**sets)
    names = {name: str(path) for name, path in files.items()}
    check_disjoint(fixed, names, base)
    if len(sources) == 2:
        fixed = _with_test_file(fixed, n_main, len(sources[1].frames))
    return fixed, names


def _with_test_file(fixed: FixedSets, n_main: int, n_test: int) -> FixedSets:
    train = np.arange(n_main) if fixed.train is None else fixed.train
    return replace(fixed, train=train, test=np.arange(n_main, n_main + n_test))


def _origin(sources: list[Source], index_files: dict[str, str]) -> dict[str, Any]:
    files = [
        {"path": str(one.path), "format": one.format, "sha256": one.sha256, "n": len(one.frames)}
        for one in sources
    ]
    return {
        "files": files,
        "index_files": index_files,
        "units": sources[0].units.model_dump(),
        "unit_origin": sources[0].unit_origin,
    }
