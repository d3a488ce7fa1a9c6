"""The molecules of a grid, read and checked; or made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.data.checks import check_frames
from hpcmlff.data.dataset import (
    FixedSets,
    dataset_digest,
    load_molecule,
    read_dataset,
    write_dataset,
)
from hpcmlff.errors import DataError, GridError, StoreMismatch
from hpcmlff.spec.grid import Molecule, Units

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.frames import Frames
    from hpcmlff.store.store import Store

Tell = Callable[[str], None]
"""Takes a line for people."""

GENERATED = Units(energy="kcal/mol", length="angstrom")
"""Units of the frames that are made here."""

_FILE_KEYS = ("path", "test_path", "train_indices", "validation_indices", "test_indices")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ready:
    """A molecule's frames in memory."""

    frames: Frames
    """All frames."""
    fixed: FixedSets
    """The official split as far as there is one."""
    source: dict[str, Any]
    """Where the frames come from."""
    digest: str
    """SHA-256 of frames and fixed sets."""


def check_source(molecule: Molecule, folder: Path, name: str) -> None:
    """Refuse a molecule whose files are not there or whose frames cannot be made.

    Raises
    ------
    GridError
        Names the key and the file, or what is wrong with the recipe.
    """
    if molecule.generate is not None:
        from hpcmlff.data.generate import check_recipe

        try:
            check_recipe(molecule.generate)
        except DataError as error:
            at = ("molecules", name, "generate")
            raise GridError(error.what, key=at, hint=error.hint) from None
    for key in _FILE_KEYS:
        path = getattr(molecule, key)
        if path is not None and not (folder / path).is_file():
            raise GridError(f"no such file: {folder / path}", key=("molecules", name, key))


def load(molecule: Molecule, folder: Path, name: str, tell: Tell) -> Ready:
    """Read and check a molecule's files.

    Raises
    ------
    DataError
        A file is wrong, or energies and forces cannot belong together.
    """
    frames, fixed, source = load_molecule(molecule, folder)
    findings = check_frames(frames)
    for finding in findings:
        tell(f"{name}: {finding.severity}: {finding.text}")
    wrong = [finding.text for finding in findings if finding.severity == "error"]
    if wrong:
        hint = "Put the data right; python -m hpcmlff.data inspect shows all findings"
        raise DataError("; ".join(wrong), where=str(folder / (molecule.path or "")), hint=hint)
    return Ready(frames=frames, fixed=fixed, source=source, digest=dataset_digest(frames, fixed))


def stored(store: Store, name: str) -> Ready | None:
    """Return the frames a store holds of a molecule, or None.

    Raises
    ------
    DataError
        The dataset is damaged.
    """
    path = store.layout.dataset(name)
    if not path.exists():
        return None
    kept = read_dataset(path)
    return Ready(frames=kept.frames, fixed=kept.fixed, source=dict(kept.source), digest=kept.digest)


def check_same(store: Store, name: str, digest: str) -> None:
    """Refuse other data under a molecule's name.

    Raises
    ------
    StoreMismatch
        The store holds other frames of this molecule.
    """
    kept = stored(store, name)
    if kept is not None and kept.digest != digest:
        raise _other_data(store, name)


def generate(store: Store, molecule: Molecule, name: str, tell: Tell) -> Ready:
    """Make a molecule's frames in the store, or take those made before.

    Raises
    ------
    StoreMismatch
        The store holds frames made in another way.
    DataError
        The frames could not be made.
    """
    from hpcmlff.data.generate import generate_frames, showing

    assert molecule.generate is not None
    recipe = molecule.generate.model_dump(mode="json")
    if (kept := stored(store, name)) is not None:
        if kept.source.get("generated") != recipe:
            raise _other_data(store, name)
        return kept
    path = store.layout.generated(name)
    if not path.exists():
        with showing(f"{name}: GFN2-xTB") as report:
            generate_frames(molecule.generate, path, report)
    made = load(Molecule(path=path, units=GENERATED), path.parent, name, tell)
    made.source["generated"] = recipe
    return made


def keep(store: Store, name: str, ready: Ready) -> None:
    """Write a molecule's frames into the store, once.

    Raises
    ------
    OSError
        The store cannot be written.
    """
    path = store.layout.dataset(name)
    if not path.exists():
        write_dataset(path, ready.frames, ready.fixed, ready.source)


def _other_data(store: Store, name: str) -> StoreMismatch:
    return StoreMismatch(
        f"holds other data under the molecule {name!r}",
        where=str(store.path),
        hint="Give the new data another name, or the grid another store",
    )
