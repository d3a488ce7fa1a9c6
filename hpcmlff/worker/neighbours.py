"""What other jobs of the same store are using of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.executors.processes import is_alive, is_here
from hpcmlff.files import read_json
from hpcmlff.worker.shares import shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.layout import CellFolder
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


def used_by_others(store: Store, number: int) -> list[Resources]:
    """Return the resources of the cells that other jobs are running on this host.

    Parameters
    ----------
    store
        The store.
    number
        Number of the asking job in the ledger; its own cells are not counted.
    """
    others = [record for record in store.ledger.open_records() if record.number != number]
    return [used for record in others if _runs_here(record) for used in _running(store, record)]


def _runs_here(record: Record) -> bool:
    process = (record.job or {}).get("process")
    return process is not None and is_here(process) and is_alive(process)


def _running(store: Store, record: Record) -> Iterator[Resources]:
    for cell, share in shares(store.grids.read(record.revision), record):
        if _is_running(store.cell(cell)):
            yield share


def _is_running(cell: CellFolder) -> bool:
    attempts = cell.attempts()
    if not attempts or attempts[0].end.exists():
        return False
    process = (read_json(attempts[0].start) or {}).get("process")
    return process is not None and is_here(process) and is_alive(process)
