"""Refusing a grid whose cells could not be trained, before anything is written."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from hpcmlff.allotting import Subject, allot_all
from hpcmlff.data.extent import Extent, extent_of, extent_of_recipe
from hpcmlff.errors import GridError
from hpcmlff.estimates import Estimates, Kind
from hpcmlff.evidence.experience import Experience
from hpcmlff.prepare.settings import variant
from hpcmlff.prepare.sketch import cells_before_settling
from hpcmlff.proposal import choose
from hpcmlff.reconcile import survey
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.store.layout import Layout
from hpcmlff.store.rates import Rates

if TYPE_CHECKING:
    from hpcmlff.prepare.draft import Draft
    from hpcmlff.spec.profile import Profile


def check_resources(made: Draft, profile: Profile, *, retry_failed: bool) -> None:
    """Refuse cells that no job of the profile can hold, or that need more memory.

    Parameters
    ----------
    made
        The grid.
    profile
        How jobs are run here.
    retry_failed
        Whether failed cells will be submitted as well.

    Raises
    ------
    GridError
        Says what was asked, what is needed and what there is.
    """
    estimates, subjects = draft_estimates(made, profile.name), _subjects(made)
    try:
        allot_all(profile, estimates, subjects)
    except GridError:
        # Those that are done, or have a job, need no room any more.
        left = _to_submit(made, profile, retry_failed=retry_failed)
        if len(left) == len(subjects):
            raise
        allot_all(profile, estimates, [subjects[number] for number in left])


def draft_estimates(made: Draft, profile: str) -> Estimates:
    """Return the estimates for the cells of a grid that need not be in a store yet.

    Parameters
    ----------
    made
        The grid.
    profile
        Name of the cluster's profile.
    """

    def extent(molecule: str) -> Extent:
        n_validation = made.grid.split.validation
        if molecule in made.ready:
            one = made.ready[molecule]
            return extent_of(one.frames, one.fixed, n_validation)
        recipe = made.grid.molecules[molecule].generate
        assert recipe is not None
        return extent_of_recipe(recipe, n_validation)

    layout = Layout(made.store_path)
    rates, experience = Rates(layout.rates), Experience(layout, profile)
    return Estimates(
        extent_of=extent,
        rates_of=lambda model, device: rates.read(profile, model, device),
        taken_by=lambda kind: experience.of(**asdict(kind)),
    )


def _subjects(made: Draft) -> list[Subject]:
    settings = {name: canonical_json(dict(found)) for name, found in made.settings.items()}
    return [
        Subject(
            label=f"{point.model}/{point.molecule}/n{point.size}",
            kind=Kind(
                model=point.model,
                molecule=point.molecule,
                size=point.size,
                settings=settings[variant(point)],
            ),
            asked=asked,
        )
        for point, asked in zip(made.points, made.resources, strict=True)
    ]


def _to_submit(made: Draft, profile: Profile, *, retry_failed: bool) -> list[int]:
    """Return the numbers of the points that a submission would take."""
    known = cells_before_settling(made)
    if known.store is None:
        return list(range(len(made.points)))
    standings = survey(known.store, known.cells, profile=profile)
    chosen = {one.cell.id for one in choose(standings, retry_failed=retry_failed)}
    return [number for number, cell in enumerate(known.cells) if cell.id in chosen]
