"""From a finished cell's final checkpoint to what is gathered of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.data.splits import split_digest
from hpcmlff.errors import HpcmlffError, StoreError
from hpcmlff.evidence import predictions, training
from hpcmlff.evidence.columns import N_ENERGIES, N_FORCES, Evidence, blank, fill
from hpcmlff.evidence.spending import Places, spent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpcmlff.data.dataset import Dataset
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.checkpoints import Checkpoint
    from hpcmlff.store.layout import CellFolder

_MODEL = "model."
_SETS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A finished cell to be read."""

    cell: Cell
    """The cell."""
    folder: CellFolder
    """Its folder."""
    checkpoint: Checkpoint
    """Its final checkpoint."""


def read(found: Finished, dataset: Dataset | HpcmlffError, places: Places) -> Evidence:
    """Gather what there is of one cell; what cannot be is said in ``problem``.

    Parameters
    ----------
    found
        The cell.
    dataset
        The molecule's frames, or why they cannot be read.
    places
        See `hpcmlff.evidence.spending.places`.
    """
    made, history = blank(1), found.checkpoint.content.notes.get("history", ())
    row, problems = made.rows[0], []
    fill(row, {"label": found.cell.label})
    row["attempt"], row["sequence"] = found.checkpoint.attempt, found.checkpoint.sequence
    paid = asdict(spent(found.folder, history, places))
    del paid["cpu_s"]  # of the attempts that count, the index has it
    fill(row, paid)
    for part in _parts(found, dataset, made):
        try:
            fill(row, part())
        except (HpcmlffError, KeyError, ValueError, IndexError, TypeError) as error:
            problems.append(_words(error))
    fill(row, {"problem": "; ".join(dict.fromkeys(problems))})
    return made


def _parts(found: Finished, dataset: Dataset | HpcmlffError, made: Evidence) -> Iterator[Any]:
    content = found.checkpoint.content
    if "curve/step" in content.plain and len(content.plain["curve/step"]):
        yield lambda: training.of_curve(content.plain["curve/step"], content.plain["curve/loss"])
    yield lambda: {"full_steps": training.full_steps(found.cell, int(content.notes["n_train"]))}
    yield lambda: _sets(content.plain, _usable(dataset))
    yield lambda: _predictions(content.plain, _usable(dataset), made)
    if found.cell.model == "sgdml":
        yield lambda: _sgdml(content.plain, content.packed, _usable(dataset))


def _usable(dataset: Dataset | HpcmlffError) -> Dataset:
    if isinstance(dataset, HpcmlffError):
        raise StoreError(f"the molecule's frames cannot be used: {dataset.what}")
    return dataset


def _sets(plain: Mapping[str, NDArray[Any]], dataset: Dataset) -> dict[str, Any]:
    train, validation, test = (plain[f"split/{name}"] for name in _SETS)
    numbers = np.ascontiguousarray(test, dtype="<i8").tobytes()
    seen = np.union1d(train, validation)
    return {
        "frames_digest": dataset.digest,
        "split_digest": split_digest(train, validation, test),
        "test_digest": hashlib.sha256(dataset.digest.encode() + numbers).hexdigest(),
        "n_leaked": int(np.isin(test, seen).sum()),
    }


def _predictions(
    plain: Mapping[str, NDArray[Any]], dataset: Dataset, made: Evidence
) -> dict[str, float]:
    reference = dataset.frames.take(plain["split/test"])
    energies = plain["test/energies_kcal_mol"], reference.energies
    forces = plain["test/forces_kcal_mol_ang"], reference.forces
    found = predictions.compared(energies, forces)
    made.elements[0] = predictions.by_element(reference.species, forces)
    # Less their mean: single precision does not hold -360,000 and its decimals.
    mean = reference.energies.mean()
    centred = (energies[0] - mean, energies[1] - mean)
    made.energies[0] = predictions.kept_for_plots(centred, N_ENERGIES)
    made.forces[0] = predictions.kept_for_plots(forces, N_FORCES)
    return found


def _sgdml(
    plain: Mapping[str, NDArray[Any]], packed: Mapping[str, NDArray[Any]], dataset: Dataset
) -> dict[str, float]:
    model = {name.removeprefix(_MODEL): one for name, one in packed.items()}
    train = dataset.frames.take(plain["split/train"])
    return training.of_sgdml(model, train.energies, train.forces)


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the final checkpoint has no {error.args[0]}"
    return error.what if isinstance(error, HpcmlffError) else str(error)
