"""How long do many short cells take, compared with equal work given to submitit directly?

One side is hpcmlff's worker with its store, ledger and checkpoints; the other a plain function
(plain_cell.py) by submitit's map_array with the same parameters. The arrays of both wait, held,
in the same partition and are released in turns, so that both see the same machine.

python tests/benchmarks/draining.py                 500 cells on each side, arrays of 100
python tests/benchmarks/draining.py --cells 1000
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import submitit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster.slurm import SlurmCluster
from outcome import Figure, say, tell
from plain_cell import train_and_score
from private_cluster import closed, drain, private_cluster
from study import Study

from hpcmlff.executors import slurm_script
from hpcmlff.executors.lookup import read_profile
from hpcmlff.jobs import work_of
from hpcmlff.reconcile import survey
from hpcmlff.spec.profile import ClusterProfile
from hpcmlff.spec.states import CellState
from hpcmlff.store.store import open_store

HERE = Path(__file__).resolve().parent

PARTITION, SIZE, GOAL = "sabarmati", 100, 1.15

WARM_UP = 8
"""Cells of each side that run before the others and are not counted."""


@dataclass(frozen=True)
class Side:
    """The arrays of one side, in the order in which they run."""

    arrays: list[str]
    """Job ids."""
    seconds: list[float] = field(default_factory=list)
    """How long each took, from its release to the end of its last element."""


@dataclass(frozen=True)
class Rival:
    """The same work, given to submitit directly."""

    side: Side
    """Its arrays."""
    jobs: list[submitit.Job[dict[str, float]]]
    """All their elements."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if the goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        for name, cells in (("warm-up", WARM_UP), ("measured", given.cells)):
            study = Study(Path(folder) / name)
            _write(study, cells, min(given.chunk, cells), given.parallel)
            ours, plain = _measure(cluster, study)
    ratios = [one / other for one, other in zip(ours.seconds, plain.seconds, strict=True)]
    figures = {
        "cells_of_each_side": given.cells,
        "cells_at_the_same_time": given.parallel,
        "hpcmlff_s": sum(ours.seconds),
        "submitit_s": sum(plain.seconds),
        "hpcmlff_s_per_cell": sum(ours.seconds) / given.cells,
        "submitit_s_per_cell": sum(plain.seconds) / given.cells,
        "smallest_ratio_of_two_arrays": min(ratios),
        "median_ratio_of_two_arrays": median(ratios),
        "largest_ratio_of_two_arrays": max(ratios),
    }
    ratio = Figure(name="ratio", value=sum(ours.seconds) / sum(plain.seconds), goal=GOAL)
    return tell("draining", [*(Figure(name=k, value=v) for k, v in figures.items()), ratio])


def _write(study: Study, cells: int, chunk: int, parallel: int) -> None:
    partition = {"name": PARTITION, "cpus": 16, "mem_gb": 128, "walltime": "1h"}
    # Every array gets its share of the cap on what runs; here they run one by one.
    cap = parallel * -(-cells // chunk)
    profile = {"partitions": [partition], "array_cap": chunk, "running_cap": cap}
    axes = {"model": ["mean"], "size": [SIZE], "seed": list(range(cells))}
    study.write(axes, profile, resources=[{"cpus": 1, "mem_gb": 1}])


def _measure(cluster: SlurmCluster, study: Study) -> tuple[Side, Side]:
    with closed(cluster, PARTITION):
        study.submit(cluster.environment)
        records = open_store(study.store).ledger.open_records()
        ours = Side([str((record.job or {})["job_id"]) for record in records])
        rival = _submit_plain(study)
        cluster.run("scontrol", "hold", *ours.arrays, *rival.side.arrays)
    for number, pair in enumerate(zip(ours.arrays, rival.side.arrays, strict=True)):
        turns = list(zip((ours, rival.side), pair, strict=True))
        # The order alternates, or a drift of the machine would favour one side.
        for side, job_id in turns if number % 2 == 0 else reversed(turns):
            side.seconds.append(drain(cluster, job_id))
        last = f"{ours.seconds[-1]:.2f} s, plain {rival.side.seconds[-1]:.2f} s"
        say(f"{study.folder.name}, array {number + 1} of {len(ours.arrays)}: {last}")
    _check(study, rival)
    return ours, rival.side


def _submit_plain(study: Study) -> Rival:
    profile, store = read_profile(study.profile), open_store(study.store)
    assert isinstance(profile, ClusterProfile)
    cells = {cell.id: cell for cell in store.current_grid().cells}
    executor = submitit.SlurmExecutor(folder=study.folder / "plain")
    arrays, jobs = [], []
    for record in store.ledger.open_records():
        asked = slurm_script.parameters(profile, work_of(store, record))
        asked["setup"] = [
            *asked["setup"],
            f"export PYTHONPATH={shlex.quote(str(HERE))}${{PYTHONPATH:+:$PYTHONPATH}}",
        ]
        executor.update_parameters(**asked)
        mine = [cells[cell_id] for cell_id in record.cells]
        frames = [str(store.layout.dataset(cell.molecule)) for cell in mine]
        names, sizes = [cell.molecule for cell in mine], [cell.size for cell in mine]
        made = executor.map_array(
            train_and_score, frames, names, sizes, [cell.seed for cell in mine]
        )
        arrays.append(made[0].job_id.partition("_")[0])
        jobs += made
    return Rival(Side(arrays), jobs)


def _check(study: Study, rival: Rival) -> None:
    """Refuse to compare if a cell is missing or the two sides differ in what they found."""
    store = open_store(study.store)
    standings = survey(store, store.current_grid().cells)
    done = sum(one.state is CellState.DONE for one in standings)
    results = [job.result() for job in rival.jobs]
    if done != len(standings) or len(results) != len(standings):
        raise RuntimeError(f"{done} of {len(standings)} cells are done, {len(results)} plain ones")


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--cells", type=int, default=500, help="of each side (%(default)s)")
    parser.add_argument("--chunk", type=int, default=100, help="cells of an array (%(default)s)")
    parser.add_argument("--parallel", type=int, default=4, help="cells at a time (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
