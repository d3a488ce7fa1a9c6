"""A store from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff.api.outcomes import Collected, Status
from hpcmlff.choosing import chosen, ids_of, the_one
from hpcmlff.finding import find_store
from hpcmlff.reconcile import survey
from hpcmlff.spec.profile import profile_from
from hpcmlff.spec.selection import selection
from hpcmlff.waiting import wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store as OpenedStore


class Store:
    """The results of a grid: the folder that the grid calls ``store``.

    Parameters
    ----------
    path
        The folder, or a grid file; None for the only store in the current folder, the
        folders in it, and those in ``runs``.

    Raises
    ------
    StoreError
        There is none, or there are several to choose from.
    GridError
        The grid file is wrong.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._opened = find_store(None if path is None else Path(path))

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def opened(self) -> OpenedStore:
        """The store as the library knows it inside."""
        return self._opened

    @property
    def path(self) -> Path:
        """The folder."""
        return self._opened.path

    @property
    def name(self) -> str:
        """Name of the grid it belongs to."""
        return self._opened.name

    @property
    def cells(self) -> Sequence[Cell]:
        """The cells of the grid as it was last submitted.

        Raises
        ------
        StoreError
            Nothing was ever submitted.
        """
        return self._opened.current_grid().cells

    def status(self, *named: str) -> Status:
        """Return where the cells stand; the scheduler is asked once, if at all.

        Parameters
        ----------
        *named
            Which cells, as the commands take them: ``schnet/glycine/*``, ``state=failed``,
            ``size>=600``; all if left out.

        Raises
        ------
        StoreError
            Nothing was ever submitted, or no cell is what was named.
        """
        return Status(standings=tuple(chosen(self._opened, self.cells, selection(named))))

    def show(self, cell: str) -> dict[str, Any]:
        """Return everything known of one cell; see `hpcmlff.dossier.dossier`.

        Parameters
        ----------
        cell
            Its name, such as ``schnet/glycine/n200/s0``, or the first digits of its id.

        Raises
        ------
        NoSuchCell
            None is meant, or several are.
        """
        from hpcmlff.dossier import dossier

        frozen = self._opened.current_grid()
        one = the_one(self._opened, frozen.cells, selection([cell]))
        return dossier(self._opened, frozen, survey(self._opened, [one])[0])

    def wait(self, *, show: bool = False) -> Status:
        """Return once no job has a cell any more.

        Parameters
        ----------
        show
            Print progress on stderr meanwhile.
        """
        newest = next(self._opened.ledger.newest_first(), None)
        if newest is None:
            return self.status()
        frozen, profile = self._opened.current_grid(), profile_from(newest.profile)
        return Status(standings=tuple(wait(self._opened, frozen, profile, show=show)))

    def results(self) -> pd.DataFrame:
        """Return one row per cell, also while cells run; only what is new is read.

        Returns
        -------
        DataFrame
            In the grid's order: ``model molecule size seed cell_id state``; the errors
            ``energy_mae_kcal_mol energy_rmse_kcal_mol`` (per molecule) and
            ``force_mae_kcal_mol_ang force_rmse_kcal_mol_ang`` (per component), NaN unless
            done; ``n_train n_test train_s attempts cpu_s peak_mem_gb``,
            ``energy_bias_kcal_mol``, ``core_h gpu_h requested_core_h lost_core_h``,
            ``reason``, and ``model.setting`` for each hyperparameter that differs between
            cells of a model.

        Raises
        ------
        StoreError
            Nothing was ever submitted.
        """
        from hpcmlff.results import result_rows

        return result_rows(self._opened, self._opened.current_grid())

    def collect(
        self,
        folder: str | Path | None = None,
        *,
        beside: Sequence[str] = (),
        plots: bool = True,
        html: bool = False,
    ) -> Collected:
        """Check the results and write tables, figures and the page, as the command does.

        Parameters
        ----------
        folder
            Where the files go; ``report`` in the store if left out.
        beside
            What others reported, to stand beside: ``student_report``, ``published``, or
            YAML files.
        plots, html
            Whether figures, and the page, are wanted.

        Raises
        ------
        InputError
            What others reported cannot be read.
        StoreError
            Nothing was ever submitted, or the folder cannot be written.
        """
        from hpcmlff.collection import collect, write_files
        from hpcmlff.report.reference.reading import read

        found = collect(self._opened, [read(name) for name in beside])
        place = self.path / "report" if folder is None else Path(folder)
        files = write_files(found, place, plots=plots, html=html)
        return Collected(rows=found.rows, findings=tuple(found.findings), files=tuple(files))

    def cancel(self, *named: str) -> list[str]:
        """Ask jobs to stop, or to leave some cells; running ones commit a checkpoint first.

        Parameters
        ----------
        *named
            Which cells, as for `status`; all jobs if left out.

        Returns
        -------
        list of str
            The scheduler's names of the jobs.

        Raises
        ------
        SchedulerError
            A job could not be reached.
        """
        from hpcmlff.cancelling import stop, targets

        wanted = ids_of(self._opened, selection(named))
        return stop(self._opened, targets(self._opened, wanted), wanted)
