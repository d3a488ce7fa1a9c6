"""What a job does before its first step, stage by stage; runs in a job.

The same stages in the same order as in `hpcmlff.worker.element.run_element`, each timed.
"""

from __future__ import annotations

from pathlib import Path


def ages(store_path: str, number: int, cell_id: str) -> dict[str, float]:
    """Return the age of this process at the end of each stage, in seconds.

    Parameters
    ----------
    store_path
        Path of a store.
    number
        Number of a submission in its ledger.
    cell_id
        A cell of it; it is not trained and nothing is written.
    """
    from hpcmlff.worker.age import process_age_s

    found = {"python_and_submitit": process_age_s()}
    from hpcmlff.store.store import open_store
    from hpcmlff.worker import cell as _worker  # noqa: F401 - the import is what is timed

    found["numpy_h5py_pydantic_and_hpcmlff"] = process_age_s()
    from hpcmlff.worker.provenance import provenance

    store = open_store(Path(store_path))
    record = store.ledger.read(number)
    cell = store.grids.find_cell(record.revision, cell_id)
    head = store.grids.head(record.revision)
    provenance("cpu", 1)
    found["ledger_grid_and_provenance"] = process_age_s()
    from hpcmlff.models import registry

    trainer = registry.load(cell.model)
    found["engine"] = process_age_s()
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.worker.task import assign

    given = assign(store, head, cell, Allocation())
    found["frames_and_split"] = process_age_s()
    trainer.start(given.task)
    found["trainer_start"] = process_age_s()
    return found
