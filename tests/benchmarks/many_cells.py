"""How long do planning, submitting and looking at many cells take on a login node?

The real commands, as processes; their calls of Slurm's commands are counted. The cells wait in
a partition that starts nothing. For the later looks a result is written for every cell directly,
not by jobs, and the jobs are cancelled.

python tests/benchmarks/many_cells.py                 10,000 cells, some minutes
python tests/benchmarks/many_cells.py --cells 1000
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster.slurm import SlurmCluster
from outcome import Figure, say, tell
from private_cluster import private_cluster
from study import Study

from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.image import Content
from hpcmlff.store.store import open_store

PARTITION, ARRAY_CAP, SIZES, POLL_S = "sabarmati", 1000, 10, 1

PLAN_GOAL_S = 2
"""CPU time of ``submit --dry-run`` for 10,000 cells that is aimed at."""

SUBMIT_GOAL_S, SBATCH_GOAL, STATUS_GOAL_S, STATUS_CALLS_GOAL = 30, 12, 3, 2
"""What is aimed at for 10,000 cells."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        study = Study(Path(folder) / "study")
        partition = {"name": PARTITION, "cpus": 16, "mem_gb": 128, "walltime": "1h"}
        profile = {
            "partitions": [partition],
            "array_cap": ARRAY_CAP,
            "poll_interval": f"{POLL_S}s",
        }
        sizes = list(range(100, 100 + SIZES))
        axes = {"model": ["mean"], "size": sizes, "seed": list(range(given.cells // SIZES))}
        study.write(axes, profile, resources=[{"cpus": 1, "mem_gb": 1}])
        return tell("many_cells", list(_figures(cluster, study)))


def _figures(cluster: SlurmCluster, study: Study) -> Iterator[Figure]:
    cluster.run("scontrol", "update", f"PartitionName={PARTITION}", "State=DOWN")
    yield from _plan(cluster, study, "nothing_submitted")
    took = study.submit(cluster.counting_environment()).seconds
    number = len(open_store(study.store).current_grid().cells)
    say(f"{number} cells submitted in {took:.1f} s")
    yield Figure(name="cells", value=number)
    yield Figure(name="submit_s", value=took, goal=SUBMIT_GOAL_S)
    yield Figure(name="submit_sbatch_calls", value=cluster.count("sbatch"), goal=SBATCH_GOAL)
    yield Figure(name="submit_scheduler_calls", value=len(cluster.calls()))
    yield from _look(cluster, study, "all_queued", f"{number} queued")
    say("writing a result for every cell")
    _finish(study)
    cancelling = study.command("cancel", cluster.counting_environment())
    yield Figure(name="cancel_s", value=cancelling.seconds)
    yield Figure(name="cancel_scheduler_calls", value=len(cluster.calls()))
    cluster.wait_until(lambda: not cluster.run("squeue", "-h"), what="the queue to be empty")
    yield from _look(cluster, study, "all_done_and_jobs_just_ended", f"{number} done")
    yield from _look(cluster, study, "all_done", f"{number} done")
    yield from _plan(cluster, study, "all_done")


def _plan(cluster: SlurmCluster, study: Study, when: str) -> Iterator[Figure]:
    ran = study.submit(cluster.counting_environment(), "--dry-run")
    say(f"submit --dry-run, {when}: {ran.cpu_s:.2f} s of CPU, {ran.seconds:.2f} s")
    yield Figure(name=f"plan_{when}_cpu_s", value=ran.cpu_s, goal=PLAN_GOAL_S)


def _look(cluster: SlurmCluster, study: Study, when: str, expected: str) -> Iterator[Figure]:
    # Older than `poll_interval`, or the answer of the command before would be taken.
    time.sleep(1.5 * POLL_S)
    ran = study.command("status", cluster.counting_environment())
    if expected not in ran.printed:
        raise RuntimeError(f"{expected!r} is not what the status is: {ran.printed}")
    calls = len(cluster.calls())
    say(f"status, {expected}: {ran.seconds:.2f} s, {calls} calls")
    yield Figure(name=f"status_{when}_s", value=ran.seconds, goal=STATUS_GOAL_S)
    yield Figure(name=f"status_{when}_scheduler_calls", value=calls, goal=STATUS_CALLS_GOAL)


def _finish(study: Study) -> None:
    store = open_store(study.store)
    content = Content(packed={"model.mean_kcal_mol": np.zeros(1)}, notes={"metrics": {}})
    for cell in store.current_grid().cells:
        folder = store.cell(cell)
        attempt = claim(folder)
        record_start(attempt, {"record": 1})
        commit(folder, attempt, 1, content, final=True)
        record_end(attempt, {"outcome": "done"})


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--cells", type=int, default=10_000, help="a multiple of 10 (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
