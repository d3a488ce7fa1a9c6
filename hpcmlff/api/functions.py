"""The commands as functions; they do the same by the same code, and print nothing.

Where a command ends with an exit code, a function raises the error that it stands for: all of
them are `hpcmlff.HpcmlffError`, see `hpcmlff.errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff.api.grid import Grid, profile_of, quiet
from hpcmlff.api.outcomes import Collected, Status, Submission
from hpcmlff.api.store import Store
from hpcmlff.checking import check_resources
from hpcmlff.dispatch import dispatch
from hpcmlff.errors import NoSuchCell
from hpcmlff.prepare.draft import settle
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.api.grid import Tell
    from hpcmlff.simulation.calculator import TrainedCalculator
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.frozen import FrozenGrid

AnyStore = Store | str | Path | None
"""A store, its folder, a grid file, or None for the only store around here."""


def submit(
    grid: Grid | str | Path,
    *,
    profile: str | Profile | None = None,
    retry_failed: bool = False,
    wait: bool = False,
    tell: Tell = quiet,
) -> Submission:
    """Train what a grid asks for, what is not done and what no job has.

    Submitting again is safe: finished cells are not trained again, and nothing is submitted
    twice. Bad input is refused before anything is written.

    Parameters
    ----------
    grid
        The grid, or its file.
    profile
        Cluster profile: its name, its file or itself; None recognises the cluster.
    retry_failed
        Submit failed cells as well.
    wait
        Return only once no job has a cell any more.
    tell
        Given lines for people, such as `print`: findings in the data, frames that are made.

    Raises
    ------
    InputError
        The grid, its data or the profile are wrong, with file, line and key.
    StoreError
        The store belongs to another grid, or another command is submitting to it.
    SchedulerError
        The scheduler refuses, or cannot be asked.
    """
    here = profile_of(profile, tell)
    loaded = grid if isinstance(grid, Grid) else Grid.load(grid, tell=tell)
    with loaded.draft.document.locating():
        check_resources(loaded.draft, here, retry_failed=retry_failed)
    store, frozen = settle(loaded.draft, tell)
    return _dispatched(Store(store.path), frozen, here, retry_failed=retry_failed, wait=wait)


def resume(
    store: AnyStore = None,
    *,
    profile: str | Profile | None = None,
    retry_failed: bool = False,
    wait: bool = False,
    tell: Tell = quiet,
) -> Submission:
    """Go on with the cells that have stopped, and with those that were never started.

    Neither the grid file nor its data are needed; cells go on from their newest checkpoint.

    Parameters
    ----------
    store
        See `AnyStore`.
    profile, retry_failed, wait, tell
        As for `submit`.

    Raises
    ------
    StoreError
        There is no such store, or nothing was ever submitted to it.
    GridError
        A cell could not be trained with what it gets.
    SchedulerError
        The scheduler refuses, or cannot be asked.
    """
    found, here = opened(store), profile_of(profile, tell)
    frozen = found.opened.current_grid()
    return _dispatched(found, frozen, here, retry_failed=retry_failed, wait=wait)


def retry(
    store: AnyStore,
    *named: str,
    profile: str | Profile | None = None,
    wait: bool = False,
    tell: Tell = quiet,
) -> Submission:
    """Try failed cells again; those that have not failed are left alone.

    Parameters
    ----------
    store
        See `AnyStore`.
    *named
        Which cells, as for `Store.status`: ``state=failed`` for all that failed.
    profile, wait, tell
        As for `submit`.

    Raises
    ------
    NoSuchCell
        No cell is what was named, or nothing was named.
    SchedulerError
        The scheduler refuses, or cannot be asked.
    """
    if not named:
        raise NoSuchCell("no cell is named", hint="state=failed names all that failed")
    found, here = opened(store), profile_of(profile, tell)
    standings = found.status(*named)
    failed = [one.cell.id for one in standings if one.state is CellState.FAILED]
    if not failed:
        return Submission(store=found, cells=(), jobs=(), refused=None, status=standings)
    frozen = found.opened.current_grid().part(failed)
    return _dispatched(found, frozen, here, retry_failed=True, wait=wait)


def status(store: AnyStore = None, *named: str) -> Status:
    """Return where the cells of a store stand, or some of them; see `Store.status`."""
    return opened(store).status(*named)


def show(store: AnyStore, cell: str) -> dict[str, Any]:
    """Return everything known of one cell; see `Store.show`."""
    return opened(store).show(cell)


def cancel(store: AnyStore = None, *named: str) -> list[str]:
    """Ask jobs of a store to stop, and return their names; see `Store.cancel`."""
    return opened(store).cancel(*named)


def collect(
    store: AnyStore = None,
    folder: str | Path | None = None,
    *,
    beside: Sequence[str] = (),
    plots: bool = True,
    html: bool = False,
) -> Collected:
    """Check the results of a store and write tables and figures; see `Store.collect`."""
    return opened(store).collect(folder, beside=beside, plots=plots, html=html)


def calculator(store: AnyStore, cell: str, *, threads: int = 1) -> TrainedCalculator:
    """Return an ASE calculator of a finished cell's model, whatever the model.

    Parameters
    ----------
    store
        See `AnyStore`.
    cell
        Its name, such as ``sgdml/glycine/n200/s0``, or the first digits of its id.
    threads
        Threads of the numerical libraries.

    Returns
    -------
    TrainedCalculator
        Energies in eV, forces in eV/Å, for atoms in the order of the training frames.

    Raises
    ------
    NoSuchCell
        None is meant, or several are.
    StoreError
        There is no such store, or the cell is not done.
    """
    from hpcmlff.choosing import the_one
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.simulation.calculator import TrainedCalculator
    from hpcmlff.spec.selection import selection
    from hpcmlff.worker.trained import load_force_field

    found = opened(store)
    one = the_one(found.opened, found.cells, selection([cell]))
    return TrainedCalculator(load_force_field(found.opened, one, Allocation(threads=threads)))


def opened(store: AnyStore) -> Store:
    """Return the store that is meant."""
    return store if isinstance(store, Store) else Store(store)


def _dispatched(
    store: Store, frozen: FrozenGrid, profile: Profile, *, retry_failed: bool, wait: bool
) -> Submission:
    made = dispatch(store.opened, frozen, profile, retry_failed=retry_failed)
    return Submission(
        store=store,
        cells=tuple(made.cells),
        jobs=tuple(made.job_ids),
        refused=None if made.refusal is None else str(made.refusal),
        status=store.wait() if wait else store.status(),
    )
