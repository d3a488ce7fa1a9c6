"""Hours, disk and what will not fit, from needs that are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.outlook.jobs import outlooks
from hpcmlff.outlook.kinds import outlook_by_kind
from hpcmlff.outlook.misfits import misfits
from hpcmlff.outlook.totals import Totals, free_gb, totals
from hpcmlff.proposal import Proposal
from hpcmlff.reconcile import Standing
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.needs import Need
from hpcmlff.spec.plan import plan
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Partition, Profile
from hpcmlff.spec.resources import Resources
from hpcmlff.spec.states import CellState

NEED = Need(mem_gb=1.0, least_mem_gb=1.0, disk_gb=3.0, freed_gb=2.0, wall_s=7200.0, measured=False)
HERE = LocalProfile(name="here", scheduler="local", cpus=4, mem_gb=64.0, max_parallel=3, gpus=2)


def cluster(**changes: Any) -> ClusterProfile:
    place = Partition(name="p", cpus=64, gpus=4, mem_gb=256.0, walltime="1h")
    return ClusterProfile(name="there", scheduler="slurm", partitions=(place,), **changes)


def proposal(profile: Profile, cells: int, given: Resources, need: Need = NEED) -> Proposal:
    made = [
        Cell(
            model="mean",
            molecule="springs",
            size=10,
            seed=seed,
            settings={},
            dataset="d",
            split="s",
            trainer_version=1,
        )
        for seed in range(cells)
    ]
    return Proposal(
        before=(),
        chosen=tuple(Standing(cell=cell, state=CellState.PENDING) for cell in made),
        needs=(need,) * cells,
        given=(given,) * cells,
        batches=plan(profile, [(cell, given) for cell in made]),
    )


def sums(profile: Profile, found: Proposal) -> Totals:
    return totals(profile, found.batches, outlook_by_kind(profile, found), Path("/"))


def test_a_kind_is_told_with_the_hours_of_all_of_its_cells_and_the_jobs_of_each() -> None:
    profile = cluster(array_cap=2, grace="60s")
    [one] = outlook_by_kind(profile, proposal(profile, 5, Resources(cpus=4, gpus=1, mem_gb=8.0)))
    assert (one.model, one.molecule, one.size, one.cells) == ("mean", "springs", 10, 5)
    assert (one.core_h, one.gpu_h, one.walltimes, one.partition) == (40.0, 10.0, 3, "p")
    assert (one.mem_gb, one.disk_gb, one.kept_gb, one.time_from) == (8.0, 3.0, 1.0, "default")


def test_cells_of_one_job_share_its_gpus() -> None:
    shared = Resources(cpus=4, gpus=1, mem_gb=8.0, cells_per_job=4)
    [one] = outlook_by_kind(cluster(), proposal(cluster(), 8, shared))
    assert (one.core_h, one.gpu_h) == (64.0, 4.0)
    local = HERE.model_copy(update={"cells_per_job": 2})
    given = Resources(cpus=1, gpus=1, mem_gb=8.0)
    [here] = outlook_by_kind(local, proposal(local, 8, given))
    assert (here.core_h, here.gpu_h) == (16.0, 8.0)


def test_what_was_begun_is_counted_from_its_last_report_on() -> None:
    profile, given = cluster(), Resources(cpus=4, mem_gb=8.0)
    found = proposal(profile, 3, given)
    first, second, third = found.chosen
    begun = (
        replace(first, progress={"step": 75, "steps": 100}),
        replace(second, progress={"step": 25, "steps": 100}),
        replace(third, progress={"step": 100, "steps": 100}),
    )
    found = replace(found, chosen=begun)
    [one] = outlook_by_kind(profile, found)
    assert (one.wall_s, one.left_s, one.core_h, one.walltimes) == (7200.0, 5400.0, 8.0, 2)
    [job] = outlooks(profile, found)
    assert (job.longest_s, job.walltimes) == (5400.0, 2)
    new = replace(found, chosen=(*begun[:2], third))
    assert outlook_by_kind(profile, new)[0].left_s == 7200.0


def test_a_chain_is_counted_with_all_of_its_jobs() -> None:
    given = Resources(cpus=2, mem_gb=8.0)
    once, chained = cluster(array_cap=2), cluster(array_cap=2, requeue="chain", chain_length=4)
    first, second = sums(once, proposal(once, 6, given)), sums(chained, proposal(chained, 6, given))
    assert (first.jobs, first.elements, first.most_core_h, first.core_h) == (3, 6, 12.0, 24.0)
    assert (second.jobs, second.elements, second.most_core_h, second.core_h) == (12, 24, 48.0, 24.0)


def test_disk_is_that_of_the_worst_moment() -> None:
    given = Resources(cpus=1, mem_gb=8.0)
    few, all_ = cluster(running_cap=4), cluster()
    assert sums(few, proposal(few, 10, given)).disk_gb == 10 * 1.0 + 4 * 2.0
    assert sums(all_, proposal(all_, 10, given)).disk_gb == 10 * 3.0
    here = sums(HERE, proposal(HERE, 10, given))
    assert (here.disk_gb, here.kept_gb) == (10 * 1.0 + 3 * 2.0, 10.0)


def test_one_machine_is_through_when_cores_and_places_have_been_enough() -> None:
    assert sums(HERE, proposal(HERE, 6, Resources(cpus=1, mem_gb=1.0))).machine_s == 4 * 3600
    assert sums(HERE, proposal(HERE, 6, Resources(cpus=4, mem_gb=1.0))).machine_s == 12 * 3600
    assert sums(HERE, proposal(HERE, 1, Resources(cpus=1, mem_gb=1.0))).machine_s == 2 * 3600
    assert sums(cluster(), proposal(cluster(), 1, Resources())).machine_s is None


def test_free_disk_is_that_of_the_nearest_folder_there_is(tmp_path: Path) -> None:
    assert free_gb(tmp_path / "not" / "there") == pytest.approx(free_gb(tmp_path), rel=0.01)
    assert free_gb(tmp_path) > 0


def told(profile: Profile, **changes: float) -> list[tuple[str, int, str]]:
    found = proposal(profile, 5, Resources(cpus=1, mem_gb=1.0))
    kinds, all_ = outlook_by_kind(profile, found), sums(profile, found)
    given = replace(all_, free_gb=1000.0, **changes) if not changes else replace(all_, **changes)
    list_ = misfits(profile, found, kinds, given, Path("/runs/study"))
    return [(one.code, one.cells, one.text) for one in list_]


def test_more_disk_than_there_is_does_not_fit() -> None:
    assert told(cluster()) == []
    text = (
        "the cells need 15.0 GiB, /runs/study has 14.9 GiB left: free some, move the store, "
        "or lower running_cap or max_parallel in the profile"
    )
    assert told(cluster(), free_gb=14.9) == [("disk", 5, text)]
    [(_, _, text)] = told(cluster(), free_gb=4.9)
    assert text.endswith("left: free some, or move the store")
    assert told(cluster(), free_gb=15.0) == []


def test_more_walltimes_than_follow_by_themselves_do_not_fit() -> None:
    # Two hours in jobs of one hour, of which half a minute is grace.
    assert told(cluster(requeue="chain", chain_length=3)) == []
    text = (
        "5 cells will need up to 3 jobs, one after the other; each gets 2: write "
        "chain_length: 3 into the profile, or give hpcmlff.resume afterwards"
    )
    assert told(cluster(requeue="chain", chain_length=2)) == [("walltime", 5, text)]
    [(code, cells, text)] = told(cluster(requeue="manual"))
    assert (code, cells) == ("walltime", 5)
    assert "nothing goes on by itself with the profile 'there'" in text
    assert told(HERE) == []
    [(code, _, text)] = told(HERE.model_copy(update={"walltime": 3600}))
    assert (code, "give hpcmlff.resume until all are done" in text) == ("walltime", True)
