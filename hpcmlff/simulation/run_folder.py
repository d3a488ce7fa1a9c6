"""Where a run of dynamics is kept: sealed parts while it runs, then one trajectory.

::

    part-000000000-000012000.h5    frames and state from one commit to the next
    trajectory.h5                  all frames, once the run has ended
    summary.json                   what came of it; written last

A part appears whole or not at all, and is never changed: a run that is killed goes on
from the newest one, with the steps it would have made.
"""

from __future__ import annotations

import errno
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import json_bytes, read_json, write_durably
from hpcmlff.simulation.motion import State
from hpcmlff.simulation.recording import Recording, from_plain
from hpcmlff.store.image import Content, from_image, to_image
from hpcmlff.store.layout import SUMMARY, SUMMARY_FORMAT
from hpcmlff.store.publishing import publish
from hpcmlff.store.sealed import read_verified, seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TRAJECTORY = "trajectory.h5"
"""Name of the file with all frames."""

_LOCK = ".lock"
_NO_LOCKS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})
"""What a file system says that has no locks."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Part:
    """From one commit to the next."""

    first: int
    """Steps done before it."""
    state: State
    """State at its end."""
    recording: Recording
    """Frames recorded in it."""
    notes: Mapping[str, Any]
    """Plain values: where it ran, and for how long."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run; its name is made of all that decides the trajectory."""

    path: Path
    """The folder."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder if it is missing, and keep it for this process alone.

        Raises
        ------
        StoreError
            Another process is at this run, or the folder cannot be written.
        """
        from filelock import Timeout

        where = str(self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with self._lock():
                yield
        except Timeout:
            what = "another process is at this simulation"
            raise StoreError(what, where=where, hint="Wait for it to end") from None
        except OSError as error:
            words = error.strerror or str(error)
            raise StoreError(f"cannot be written: {words}", where=where) from None

    def _lock(self) -> AbstractContextManager[Any]:
        from filelock import FileLock

        try:
            return FileLock(self.path / _LOCK, fallback_to_soft=False).acquire(timeout=0)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            # Whoever else is at this run writes the same.
            return nullcontext()

    def summary(self) -> dict[str, Any] | None:
        """Return what came of the run, or None if it has not ended."""
        found = read_json(self.path / SUMMARY)
        ended = isinstance(found, dict) and found.get("format") == SUMMARY_FORMAT
        return found if ended and (self.path / TRAJECTORY).is_file() else None

    def parts(self) -> list[Part]:
        """Return all parts up to the first that is missing or damaged; remove the others."""
        files = {path: _first_step(path) for path in sorted(self.path.glob("part-*.h5"))}
        found: list[Part] = []
        end = 0
        for path, first in files.items():
            part = _read(path) if first == end else None
            if part is None:
                path.unlink()
                continue
            found.append(part)
            end = part.state.step
        return found

    def add(self, part: Part) -> None:
        """Keep a part; it is safe once this returns.

        Raises
        ------
        OSError
            The disk is full or failing.
        """
        content = Content(
            packed={"positions": part.state.positions, "momenta": part.state.momenta},
            plain=part.recording.as_plain(),
            notes={
                **part.notes,
                "first": part.first,
                "step": part.state.step,
                "generator": part.state.generator,
            },
        )
        name = f"part-{part.first:09d}-{part.state.step:09d}.h5"
        _publish(self.path / name, "part", content)

    def finish(self, content: Content, summary: Mapping[str, Any]) -> None:
        """Keep trajectory and summary, and remove the parts.

        Raises
        ------
        OSError
            The disk is full or failing.
        """
        _publish(self.path / TRAJECTORY, "trajectory", content)
        write_durably(self.path / SUMMARY, [json_bytes(summary)])
        for path in self.path.glob("part-*.h5"):
            path.unlink(missing_ok=True)

    def trajectory(self) -> Content:
        """Read the trajectory of a run that has ended.

        Raises
        ------
        StoreError
            It is damaged.
        OSError
            It cannot be read.
        """
        path = self.path / TRAJECTORY
        _, image = read_verified(path)
        return from_image(image, str(path))


def _publish(path: Path, kind: str, content: Content) -> None:
    image = to_image(content)
    publish(path, [seal(image, {"kind": kind}), image])


def _first_step(path: Path) -> int:
    _, first, _ = path.stem.split("-")
    return int(first)


def _read(path: Path) -> Part | None:
    with suppress(StoreError, OSError, KeyError):
        _, image = read_verified(path)
        content = from_image(image, str(path))
        notes = dict(content.notes)
        state = State(
            step=notes.pop("step"),
            positions=content.packed["positions"],
            momenta=content.packed["momenta"],
            generator=notes.pop("generator"),
        )
        first = notes.pop("first")
        recording = from_plain(content.plain)
        return Part(first=first, state=state, recording=recording, notes=notes)
    return None
