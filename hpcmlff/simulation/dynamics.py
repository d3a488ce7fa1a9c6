"""A run of dynamics, from the beginning or from where it was left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hpcmlff.simulation.bonds import find_bonds
from hpcmlff.simulation.motion import Frame, Motion
from hpcmlff.simulation.recording import joined, recorded
from hpcmlff.simulation.run_folder import Part, RunFolder
from hpcmlff.simulation.summary import summarise
from hpcmlff.spec.canonical import digest
from hpcmlff.spec.dynamics import FS_PER_PS
from hpcmlff.store.image import Content
from hpcmlff.store.layout import SUMMARY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.simulation.watch import Watch
    from hpcmlff.spec.dynamics import MdSettings

MD_FORMAT = 1
"""Raised when equal settings give another trajectory, or the files another form."""

SCATTERED = 4.0
"""A bond stretched by more is no bond of any molecule; the run ends."""

_DONE, _APART, _DIVERGED = "done", "fell apart", "diverged"


def run_id(force_field: ForceField, settings: MdSettings, start: int) -> str:
    """Return the digest of all that decides a trajectory, 64 hex digits.

    Parameters
    ----------
    force_field
        The model.
    settings
        Thermostat, time step and so on.
    start
        Number of the frame it begins with.
    """
    return digest(
        {
            "format": MD_FORMAT,
            "cell": force_field.cell.id,
            "model": force_field.model_sha256,
            "settings": settings.model_dump(),
            "start": start,
        }
    )


def run_md(
    force_field: ForceField, settings: MdSettings, start: int, folder: RunFolder, watch: Watch
) -> dict[str, Any] | None:
    """Run dynamics to the end and keep what came of it; a finished run is only read.

    Parameters
    ----------
    force_field
        The model.
    settings
        Thermostat, time step and so on.
    start
        Number of the frame of the molecule's dataset to begin with.
    folder
        Where the run is kept.
    watch
        Who is told, and who may stop it.

    Returns
    -------
    dict or None
        The summary; None if the run was stopped before its end.

    Raises
    ------
    StoreError
        Another process is at this run, or the folder cannot be written.
    """
    with folder.held():
        found = folder.summary()
        return found or _Run(force_field, settings, start, folder, watch).go()


class _Run:
    def __init__(
        self,
        force_field: ForceField,
        settings: MdSettings,
        start: int,
        folder: RunFolder,
        watch: Watch,
    ) -> None:
        self._field, self._settings, self._start = force_field, settings, start
        self._folder, self._watch = folder, watch
        self._bonds = find_bonds(force_field.frames, start)
        self._motion = Motion(force_field, settings, force_field.frames.positions[start])
        self._parts = folder.parts()
        if self._parts:
            self._motion.restore(self._parts[-1].state)
        self._times: list[float] = []
        self._frames: list[Frame] = []
        self._since = time.monotonic()

    def go(self) -> dict[str, Any] | None:
        outcome = self._judge()
        if not self._parts:
            self._record()
        while outcome == _DONE and self._motion.step < self._settings.n_steps:
            self._motion.advance()
            outcome = self._judge()
            if outcome != _DIVERGED:
                self._record()
            stop = self._watch.should_stop()
            if stop or time.monotonic() - self._since > self._watch.commit_s:
                self._commit()
            if stop:
                return None
        self._commit()
        return self._finish(outcome)

    def _judge(self) -> str:
        if not self._motion.is_sound:
            return _DIVERGED
        stretch = self._bonds.stretch(self._motion.positions[None])
        return _APART if (stretch > SCATTERED).any() else _DONE

    def _record(self) -> None:
        """Record the frame if it is one of those to be kept."""
        done = self._motion.step - self._settings.equilibration_steps
        if done < 0 or done % self._settings.every:
            return
        self._frames.append(self._motion.frame())
        self._times.append(done * self._settings.step_fs / FS_PER_PS)
        self._watch.tell(1 + done // self._settings.every, self._settings.n_frames)

    def _commit(self) -> None:
        first = self._parts[-1].state.step if self._parts else 0
        now = time.monotonic()
        part = Part(
            first=first,
            state=self._motion.state,
            recording=recorded(self._times, self._frames, len(self._field.species)),
            notes={"origin": dict(self._watch.origin), "wall_s": now - self._since},
        )
        if part.state.step > first:
            self._folder.add(part)
            self._parts.append(part)
            self._times, self._frames, self._since = [], [], now

    def _finish(self, outcome: str) -> dict[str, Any]:
        recording = joined([part.recording for part in self._parts])
        cell, species = self._field.cell, self._field.species
        summary = {
            "format": SUMMARY_FORMAT,
            "cell_id": cell.id,
            "label": cell.label,
            "model_sha256": self._field.model_sha256,
            "settings": self._settings.model_dump(),
            "start_frame": self._start,
            "outcome": outcome,
            "ended_at_step": self._motion.step,
            "wall_s": sum(part.notes["wall_s"] for part in self._parts),
            "origins": _distinct([part.notes["origin"] for part in self._parts]),
            **summarise(self._settings, species, self._bonds, recording),
        }
        plain = {"molecule/species": species, "molecule/bonds": self._bonds.pairs}
        content = Content(plain=plain | recording.as_plain(), notes=summary)
        self._folder.finish(content, summary)
        return summary


def _distinct(origins: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for one in origins:
        if not found or one != found[-1]:
            found.append(one)
    return found
