"""Why attempts ended, and what follows: facts from the store, a cause, the cause's rule.

`diagnosed` is what commands ask. Causes and rules are in `hpcmlff.spec.causes`, the key
``on_failure`` in `hpcmlff.spec.on_failure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.spec.causes import Cause, Rule

if TYPE_CHECKING:
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

__all__ = ["Cause", "Rule", "diagnosed"]


def diagnosed(store: Store, cell: Cell, *, running: bool | None = None) -> tuple[Diagnosis, ...]:
    """Return why each attempt of a cell ended, the newest first.

    Asks nobody: what schedulers say of jobs that are over is in the ledger once
    `hpcmlff.reconcile.survey` has seen them. If the newest job ended before it began the
    cell, it comes first, as attempt 0.

    Parameters
    ----------
    store, cell
        The store and the cell.
    running
        Whether a job is training the cell, so that its newest attempt has not ended;
        found out as far as this machine can see if left out.
    """
    # Workers need the causes of exceptions only, and have to start fast.
    from hpcmlff.diagnosis.casebook import Casebook
    from hpcmlff.diagnosis.history import all_diagnoses

    return all_diagnoses(Casebook(store=store), cell, running=running)
