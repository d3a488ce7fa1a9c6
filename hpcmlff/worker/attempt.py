"""One attempt of one cell: restore, advance and commit, score."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff.diagnosis.exceptions import cause_of_error
from hpcmlff.errors import EXIT_BUG, EXIT_STOPPED_EARLY, HpcmlffError, StoreError
from hpcmlff.metrics import score
from hpcmlff.store.attempts import record_end, report_progress
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.image import Content
from hpcmlff.worker import collector, packing
from hpcmlff.worker.age import process_age_s
from hpcmlff.worker.curve import curve
from hpcmlff.worker.packing import MODEL, STATE, unpacked
from hpcmlff.worker.provenance import cpu_s, moves, peak_mem_gb
from hpcmlff.worker.rates import keep_rates, measured
from hpcmlff.worker.task import Assignment, assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Allocation, Progress
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.frozen import FrozenHead
    from hpcmlff.store.layout import AttemptFolder, CellFolder
    from hpcmlff.store.store import Store
    from hpcmlff.worker.pace import Pace

LOG = logging.getLogger("hpcmlff")
"""Ends in the attempt's ``log.txt``."""


@dataclass(kw_only=True, slots=True)
class Attempt:
    """One run of one cell."""

    allocation: Allocation
    """Threads, memory and device."""
    frozen: FrozenHead
    """The grid it belongs to."""
    cell: Cell
    """The cell."""
    folder: CellFolder
    """The cell's folder."""
    own: AttemptFolder
    """This attempt's folder."""
    pace: Pace
    """Its clock."""
    facts: dict[str, Any]
    """Provenance."""
    record: int
    """Number of the submission in the ledger; 0 if started by hand."""
    outside: int
    """Descriptor of the standard error the process began with."""
    unsaved: bool = False
    """Training has gone on since the newest checkpoint."""
    sequence: int = 0
    """Number of the newest checkpoint."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """Earlier attempts' share of the training."""
    began: float = field(default_factory=time.monotonic)
    """When this attempt began."""

    def run(self, store: Store) -> int:
        """Train to the end or to a reason to stop; return the exit code.

        Raises
        ------
        HpcmlffError
            The cell cannot be trained.
        """
        given = assign(store, self.frozen, self.cell, self.allocation)
        collector.resume()
        state = self._restored(given)
        while state is not None:
            progress = given.trainer.progress(state)
            self._report(progress, "training")
            if progress.finished:
                self._finish(given, state)
                rates = measured(given.trainer, state)
                keep_rates(store, self.record, self.cell.model, rates, self.facts)
                break
            if self.unsaved and (self.pace.commit_due() or self.pace.stop.reason):
                self._commit(given, state)
            if self.pace.stop.reason:
                LOG.info("stopped: %s", self.pace.stop.reason)
                self._end("stopped", reason=self.pace.stop.reason, step=progress.step)
                return EXIT_STOPPED_EARLY
            state = self._advance(given, state)
        CellBlocks(self.folder).remove_all()
        self._end("done")
        return 0

    def _restored(self, given: Assignment) -> Any:
        checkpoint = restore(self.folder)
        self.pace.begin()
        if checkpoint is None:
            state = given.trainer.start(given.task)
        elif checkpoint.final:
            return None
        else:
            state = given.trainer.from_arrays(
                given.task, unpacked(checkpoint.content.packed, STATE)
            )
            self.sequence = checkpoint.sequence
            self.history = list(checkpoint.content.notes["history"])
        self.pace.pause()
        self.pace.first_step = given.trainer.progress(state).step
        origin = checkpoint.path if checkpoint else "the beginning"
        LOG.info("training from step %d, from %s", self.pace.first_step, origin)
        return state

    def _advance(self, given: Assignment, state: Any) -> Any:
        self.facts.setdefault("first_step_s", process_age_s())
        self.pace.begin()
        state = given.trainer.advance(given.task, state, self.pace.due)
        self.pace.pause()
        self.unsaved = True
        return state

    def _commit(self, given: Assignment, state: Any) -> None:
        before = time.monotonic()
        packed = packing.packed(given.trainer.to_arrays(state), STATE)
        progress = given.trainer.progress(state)
        plain, notes = curve(given.trainer, state), self._notes(given, progress)
        self._write(Content(packed=packed, plain=plain, notes=notes), final=False)
        self.pace.committed(time.monotonic() - before)
        self.unsaved = False
        LOG.info("checkpoint %d at step %d", self.sequence, progress.step)

    def _finish(self, given: Assignment, state: Any) -> None:
        progress = given.trainer.progress(state)
        self._report(progress, "scoring")
        model = given.trainer.model(given.task, state)
        energies, forces = given.trainer.predict(given.task, model, given.test.positions)
        metrics = score(energies, forces, given.test.energies, given.test.forces)
        plain: dict[str, NDArray[Any]]
        plain = {f"split/{name}": numbers for name, numbers in given.indices.items()}
        plain |= {"test/energies_kcal_mol": energies, "test/forces_kcal_mol_ang": forces}
        plain |= curve(given.trainer, state)
        notes = self._notes(given, progress) | {"metrics": metrics}
        self._write(
            Content(packed=packing.packed(model, MODEL), plain=plain, notes=notes), final=True
        )
        LOG.info("done: %s", ", ".join(f"{name} {value:.6g}" for name, value in metrics.items()))

    def _write(self, content: Content, *, final: bool) -> None:
        commit(self.folder, self.own, self.sequence + 1, content, final=final)
        self.sequence += 1

    def _notes(self, given: Assignment, progress: Progress) -> dict[str, Any]:
        share = {
            "attempt": self.own.number,
            "from_step": self.pace.first_step,
            "to_step": progress.step,
            "train_s": self.pace.train_s,
            **self._spent(),
            "peak_mem_gb": peak_mem_gb(),
            **self.facts,
        }
        counts = {f"n_{name}": len(numbers) for name, numbers in given.indices.items()}
        return {
            "cell": self.cell.identity(),
            "cell_id": self.cell.id,
            "grid_digest": self.frozen.digest,
            "training_seed": str(given.task.seed),
            "progress": _progress(progress),
            "history": [*self.history, share],
            "moves": moves([*self.history, share]),
            **counts,
        }

    def _report(self, progress: Progress, phase: str) -> None:
        left = self.pace.time_left_s(progress)
        facts = _progress(progress) | {"phase": phase, "time_left_s": left}
        facts |= {"peak_mem_gb": peak_mem_gb()}
        report_progress(self.own, {**facts, **self._spent()})

    def _end(self, outcome: str, **facts: Any) -> None:
        record_end(self.own, {"outcome": outcome, **self._spent(), **facts})

    def _spent(self) -> dict[str, float]:
        return {"wall_s": time.monotonic() - self.began, "cpu_s": cpu_s()}

    def fail(self, error: BaseException) -> int:
        """Write down how the attempt failed, and why; return the exit code."""
        cause = cause_of_error(error)
        code = error.exit_code if isinstance(error, HpcmlffError) else EXIT_BUG
        # A full or failing disk is no bug of ours; the checkpoints before it are whole.
        code = StoreError.exit_code if isinstance(error, OSError) else code
        kind = type(error).__name__
        text = str(error) if isinstance(error, HpcmlffError | OSError) else f"{kind}: {error}"
        LOG.error("failed: %s", cause, exc_info=error)
        try:
            self._end("failed", cause=cause, kind=kind, message=text, exit_code=code)
        except OSError as second:
            LOG.error("could not write %s: %s", self.own.end, second)
            # The log may be on the same full disk.
            os.write(self.outside, f"error: {text}; {second}\n".encode())
        return code


def _progress(progress: Progress) -> dict[str, Any]:
    return {"step": progress.step, "steps": progress.steps, "loss": progress.loss}
