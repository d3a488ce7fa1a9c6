"""A grid file from Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.executors.recognition import choose_profile
from hpcmlff.planning.plan import Plan, make_plan
from hpcmlff.prepare.draft import Draft, draft
from hpcmlff.spec.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpcmlff.spec.axes import Point

    Tell = Callable[[str], None]


def quiet(_: str) -> None:
    """Tell nothing: what functions are given where nobody wants to read along."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A grid file that was read and checked, with its data; nothing is written by that."""

    draft: Draft
    """All that was found out."""

    @classmethod
    def load(cls, path: str | Path, *, tell: Tell = quiet) -> Grid:
        """Read and check a grid file, its data and its store.

        Parameters
        ----------
        path
            The grid file.
        tell
            Given a line for people about each finding in the data, such as `print`.

        Raises
        ------
        InputError
            Something is wrong, with file, line and key.
        StoreError
            The store belongs to another grid or cannot be written.
        """
        return cls(draft(Path(path), tell))

    @property
    def name(self) -> str:
        """The grid's name."""
        return self.draft.grid.name

    @property
    def path(self) -> Path:
        """The grid file."""
        return self.draft.document.path

    @property
    def store_path(self) -> Path:
        """Folder of its store; need not exist yet."""
        return self.draft.store_path

    @property
    def points(self) -> Sequence[Point]:
        """The point of each cell: model, molecule, size, seed and hyperparameters on axes."""
        return self.draft.points

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.draft.points)

    def plan(
        self,
        profile: str | Profile | None = None,
        *,
        retry_failed: bool = False,
        tell: Tell = quiet,
    ) -> Plan:
        """Return what `hpcmlff.submit` would do: jobs, hours, disk, and what will not fit.

        Parameters
        ----------
        profile
            Cluster profile: its name, its file or itself; None recognises the cluster.
        retry_failed
            Plan for failed cells as well.
        tell
            Given a line for people about the profile that was recognised.

        Raises
        ------
        ProfileError
            The profile is unknown or wrong.
        """
        here = profile_of(profile, tell)
        with self.draft.document.locating():
            return make_plan(self.draft, here, retry_failed=retry_failed)


def profile_of(given: str | Profile | None, tell: Tell) -> Profile:
    """Return the profile that is meant; see `hpcmlff.executors.recognition.choose_profile`."""
    return given if isinstance(given, Profile) else choose_profile(given, tell)
