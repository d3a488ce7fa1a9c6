"""Bringing what is gathered up to date: only what is new is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff.data.checks import check_frames
from hpcmlff.data.dataset import read_dataset
from hpcmlff.errors import HpcmlffError, StoreError
from hpcmlff.evidence.columns import Evidence, blank, fill, joined
from hpcmlff.evidence.kept import Kept, read_kept, write_kept
from hpcmlff.evidence.reading import Finished, read
from hpcmlff.evidence.spending import places
from hpcmlff.store.checkpoints import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.data.dataset import Dataset
    from hpcmlff.evidence.spending import Places
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.checkpoints import Checkpoint
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

Key = tuple[str, int, int]
"""Label, attempt and sequence of a final checkpoint."""


@dataclass(kw_only=True, slots=True, eq=False)
class Gathering:
    """Gathers while the index is brought up to date, and reads the rest."""

    store: Store
    """The store."""
    frozen: FrozenGrid
    """The revision of its grid."""
    _seen: dict[Key, Evidence] = field(default_factory=dict)
    _datasets: dict[str, Dataset | HpcmlffError] = field(default_factory=dict)
    _places: Places = field(init=False)

    def __post_init__(self) -> None:
        self._places = places(self.store.ledger)

    def see(self, cell: Cell, checkpoint: Checkpoint) -> None:
        """Take what is needed of a checkpoint that is in memory for another reason."""
        if checkpoint.final:
            key = (cell.label, checkpoint.attempt, checkpoint.sequence)
            self._seen[key] = self._read(cell, checkpoint)

    def finish(self, index: NDArray[Any]) -> Kept:
        """Return what was gathered of all finished cells, and keep it.

        Parameters
        ----------
        index
            The table of ``store.h5``; decides which cells are finished and their order.
        """
        before, cells = read_kept(self.store), {cell.label: cell for cell in self.frozen.cells}
        known = before.evidence.places()
        parts, order = [before.evidence], []
        for key in _finals(index):
            if key in self._seen or key not in known:
                known[key] = len(before.evidence) + len(parts) - 1
                parts.append(self._seen.get(key) or self._load(cells[key[0]], key))
            order.append(known[key])
        found = joined(parts).take(order)
        kept = Kept(evidence=found, frames=self._frames(before.frames))
        if len(parts) > 1 or len(found) != len(before.evidence) or kept.frames != before.frames:
            write_kept(self.store, kept)
        return kept

    def _load(self, cell: Cell, key: Key) -> Evidence:
        path = self.store.cell(cell).attempt(key[1]).generation(key[2])
        try:
            return self._read(cell, load(path))
        except (StoreError, OSError) as error:
            made = blank(1)
            fill(made.rows[0], {"label": cell.label, "problem": str(error)})
            return made

    def _read(self, cell: Cell, checkpoint: Checkpoint) -> Evidence:
        found = Finished(cell=cell, folder=self.store.cell(cell), checkpoint=checkpoint)
        return read(found, self._dataset(cell.molecule), self._places)

    def _dataset(self, molecule: str) -> Dataset | HpcmlffError:
        if molecule not in self._datasets:
            try:
                path = self.store.layout.dataset(molecule)
                self._datasets[molecule] = read_dataset(path)
            except HpcmlffError as error:
                self._datasets[molecule] = error
        return self._datasets[molecule]

    def _frames(self, before: Mapping[str, list[dict[str, str]]]) -> dict[str, Any]:
        molecules = {digest: name for name, digest in self.frozen.molecules.items()}
        return {
            digest: before[digest] if digest in before else self._looked_at(molecule)
            for digest, molecule in molecules.items()
        }

    def _looked_at(self, molecule: str) -> list[dict[str, str]]:
        dataset = self._dataset(molecule)
        if isinstance(dataset, HpcmlffError):
            return [{"severity": "error", "code": "unreadable", "text": dataset.what}]
        return [asdict(one) for one in check_frames(dataset.frames)]


def _finals(index: NDArray[Any]) -> list[Key]:
    rows = index[index["final"]]
    labels = [label.decode() for label in rows["label"].tolist()]
    return list(zip(labels, rows["attempt"].tolist(), rows["sequence"].tolist(), strict=True))
