"""Looking at every file of a store: what is damaged, and what serves instead.

Nothing is changed. Jobs may be running: a checkpoint that they replace in the meantime
is no finding.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.spec.canonical import digest
from hpcmlff.store.datasets import read_frames
from hpcmlff.store.findings import Finding, Tell, Verdict, quietly, reason
from hpcmlff.store.index import read_table
from hpcmlff.store.layout import entries
from hpcmlff.store.leases import read_lease
from hpcmlff.store.rates import read_rates
from hpcmlff.store.verifying_cells import CellLook
from hpcmlff.store.walking import Refused, datasets, read_facts, walk_cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

_RECORD = re.compile(r"(\d{6,})(\.[a-z]+)?\.json")
_ERRORS = (StoreError, OSError, KeyError, TypeError, ValueError)


def verify_store(store: Store, tell: Tell = quietly) -> Verdict:
    """Read every file of a store and hold it against its digest.

    Parameters
    ----------
    store
        The store.
    tell
        Told how many cells are done.

    Raises
    ------
    OSError
        A folder cannot be read.
    """
    verdict = Verdict()
    grid = _grids(store, verdict)
    _data(store, grid, verdict)
    _ledger(store, verdict)
    for path in store.leases.paths():
        serves = "nothing: put a copy back from another site's store"
        _look(path, partial(read_lease, path), serves, verdict)
    for path in store.rates.files():
        serves = "nothing is lost: the next cell that is done writes it anew"
        _look(path, partial(read_rates, path), serves, verdict)
    if store.layout.index.exists():
        serves = "nothing is lost: python -m hpcmlff.store index"
        _look(store.layout.index, partial(read_table, store), serves, verdict)
    walk = walk_cells(store.layout)
    verdict.findings += map(_refused, walk.refused)
    verdict.cells = len(walk.cells)
    for done, (label, folder) in enumerate(walk.cells.items()):
        tell(done, verdict.cells)
        CellLook(root=store.path, folder=folder, label=label, verdict=verdict).run()
    tell(verdict.cells, verdict.cells)
    return verdict


def check_grid(store: Store, revision: int) -> FrozenGrid:
    """Read one revision of the grid and recompute its digest.

    Raises
    ------
    StoreError
        It is damaged, or names that would leave the store stand in it.
    """
    frozen = store.grids.read(revision)
    facts = read_facts(store.layout.grids / f"r{revision:06d}.json")
    if digest({key: facts[key] for key in facts if key != "digest"}) != facts["digest"]:
        raise StoreError("the frozen grid does not have the digest written in it")
    for molecule in frozen.molecules:
        store.layout.dataset(molecule)
    for cell in frozen.cells:
        store.cell(cell)
    return frozen


def _grids(store: Store, verdict: Verdict) -> FrozenGrid | None:
    newest, found = store.grids.newest(), None
    for revision in range(1, newest + 1):
        path = store.layout.grids / f"r{revision:06d}.json"
        serves = f"revision {newest}, which is in force"
        serves = serves if revision < newest else "nothing: submit the grid again"
        if _look(path, partial(check_grid, store, revision), serves, verdict):
            found = store.grids.read(revision) if revision == newest else None
    return found


def _data(store: Store, grid: FrozenGrid | None, verdict: Verdict) -> None:
    serves = "nothing: put a copy back; or move it away and submit the grid again"
    seen = set()
    for one in datasets(store.layout):
        if isinstance(one, Refused):
            verdict.findings.append(_refused(one))
            continue
        molecule, path = one
        seen.add(molecule)
        wanted = grid.molecules.get(molecule) if grid else None
        _look(path, partial(_frames, path, wanted), serves, verdict)
    for molecule in sorted(set(grid.molecules if grid else ()) - seen):
        path = store.layout.dataset(molecule)
        verdict.findings.append(Finding(path=path, what="is missing", serves=serves))


def _frames(path: Path, wanted: str | None) -> None:
    if wanted not in {None, read_frames(path).digest}:
        raise StoreError("holds other frames than those of the grid", where=str(path))


def _ledger(store: Store, verdict: Verdict) -> None:
    serves = "nothing; what its jobs trained is in the cells' folders"
    for entry in sorted(entries(store.layout.ledger), key=lambda one: one.name):
        if not (match := _RECORD.fullmatch(entry.name)):
            continue
        number = None if match[2] else int(match[1])
        path = store.layout.ledger / entry.name
        _look(path, partial(_record, store, path, number), serves, verdict)


def _record(store: Store, path: Path, number: int | None) -> None:
    if not isinstance(read_facts(path), dict):
        raise StoreError("is not a record", where=str(path))
    if number is not None:
        store.ledger.read(number)


def _look(path: Path, check: Callable[[], object], serves: str, verdict: Verdict) -> bool:
    verdict.files += 1
    try:
        verdict.size_bytes += path.lstat().st_size
        check()
    except _ERRORS as error:
        verdict.findings.append(Finding(path=path, what=reason(error), serves=serves))
        return False
    return True


def _refused(one: Refused) -> Finding:
    return Finding(path=one.path, what=one.why, serves="nothing needs it: move it away")
