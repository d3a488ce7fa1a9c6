"""Simulations with several models, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.errors import EXIT_INTERRUPTED, HpcmlffError
from hpcmlff.interrupting import stop_when_asked
from hpcmlff.models.protocol import Allocation
from hpcmlff.report.terminal_section import render_section
from hpcmlff.worker.trained import load_force_field

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.report.section import Section
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

Simulate = Callable[["ForceField", "ShouldStop"], tuple[dict[str, Any] | None, "Path | None"]]
"""Simulates with one model; returns summary and folder, or None if it was stopped."""


@dataclass(kw_only=True, slots=True)
class Series:
    """What a series of simulations has come to."""

    store: Store
    """The store."""
    summaries: list[dict[str, Any]] = field(default_factory=list)
    """Those that have ended, with the key ``folder``."""
    code: int = 0
    """Exit code: of the first that failed, or that of an interruption."""

    def run(self, cells: Sequence[Cell], threads: int, simulate: Simulate) -> None:
        """Simulate with all cells; one that cannot be does not keep the others from it.

        Raises
        ------
        HpcmlffError
            There is one cell only, and it cannot be simulated with.
        """
        with stop_when_asked() as should_stop:
            for cell in cells:
                try:
                    field_ = load_force_field(self.store, cell, Allocation(threads=threads))
                    summary, folder = simulate(field_, should_stop)
                except HpcmlffError as error:
                    if len(cells) == 1:
                        raise
                    console.say(f"error: {error}")
                    self.code = self.code or error.exit_code
                    continue
                if summary is None:
                    console.say("stopped; what is done is kept: the same command goes on")
                    self.code = EXIT_INTERRUPTED
                    return
                self.summaries.append(summary | {"folder": str(folder)})

    def show(self, section: Section, *, as_json: bool) -> int:
        """Print what has ended and what to do next; return the exit code.

        Parameters
        ----------
        section
            The section of the report that the summaries make.
        as_json
            Whether summaries are printed as JSON instead.
        """
        if as_json:
            console.emit_json({section.name: self.summaries})
            return self.code
        for part in render_section(section):
            console.terminal().print(part)
        for summary in self.summaries:
            console.say(str(summary["folder"]))
        if self.summaries and self.code != EXIT_INTERRUPTED:
            console.say(console.next_step("hpcmlff.collect", self.store.path))
        return self.code
