"""How long does a job take to be ready for signals, to train, and what takes the time?

Single jobs on a private cluster, one after the other, of each model on a small molecule. In
turn with them run jobs that do the same without training and tell when each stage is over. The
first job of each model is cold: before it, Python's files were put out of the page cache.

python tests/benchmarks/node_side.py
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median

import submitit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster.slurm import SlurmCluster
from outcome import Figure, say, tell
from private_cluster import closed, drain, private_cluster
from stages import ages
from study import Study

from hpcmlff.executors import slurm_script
from hpcmlff.executors.lookup import read_profile
from hpcmlff.jobs import work_of
from hpcmlff.spec.profile import ClusterProfile
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.store import Store, open_store

HERE = Path(__file__).resolve().parent

PARTITION, ARMED_GOAL_S = "sabarmati", 0.3

SETTINGS = {"sgdml": {"sigma": [10]}, "schnet": {"steps": 20, "features": 16}}
"""Little training: what comes before it is measured."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if the goal is missed."""
    given = _parser().parse_args(argv)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        for model in given.models.split(","):
            study = Study(Path(folder) / model)
            figures += _of_model(cluster, study, model, given.jobs)
    return tell("node_side", figures)


def _of_model(cluster: SlurmCluster, study: Study, model: str, jobs: int) -> Iterator[Figure]:
    partition = {"name": PARTITION, "cpus": 16, "mem_gb": 128, "walltime": "1h"}
    study.write(
        {"model": [model], "size": [20], "seed": list(range(1 + jobs))},
        {"partitions": [partition], "running_cap": 1, "grace": "30s"},
        split={"validation": 20, "test": 50},
        models={name: one for name, one in SETTINGS.items() if name == model},
    )
    stages = _run(cluster, study)
    cold, *warm = _measured(open_store(study.store))
    say(f"{model}: cold {cold}, warm {warm}")
    goal, first = ARMED_GOAL_S, median(one["first_step_s"] for one in warm)
    yield Figure(name=f"{model}_cold_armed_s", value=cold["armed_s"], goal=goal)
    yield Figure(name=f"{model}_armed_s", value=max(one["armed_s"] for one in warm), goal=goal)
    yield Figure(name=f"{model}_cold_first_step_s", value=cold["first_step_s"])
    yield Figure(name=f"{model}_first_step_s", value=first)
    parts = {name: median(one[name] for one in stages) for name in stages[0]}
    parts["the_rest"] = first - sum(parts.values())
    for name, took in parts.items():
        yield Figure(name=f"{model}_of_it_{name}_s", value=took)


def _run(cluster: SlurmCluster, study: Study) -> list[dict[str, float]]:
    """Run each cell, and after each a job that tells its stages; return those of warm ones."""
    with closed(cluster, PARTITION):
        study.submit(cluster.environment)
        jobs = _submit_stages(study)
        arrays = [_job_id(study), jobs[0].job_id.partition("_")[0]]
        cluster.run("scontrol", "hold", *arrays)
    forget_python()
    for element in range(len(jobs)):
        for array in arrays:
            drain(cluster, f"{array}_{element}")
    return [_durations(job.result()) for job in jobs[1:]]


def forget_python() -> None:
    """Put Python's and its packages' files out of the page cache, where no process has them."""
    for folder in {sys.prefix, sys.base_prefix}:
        for path in Path(folder, "lib").rglob("*"):
            with suppress(OSError):
                if path.is_file():
                    _forget(path)


def _forget(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _measured(store: Store) -> list[Mapping[str, float]]:
    found = []
    for cell in store.current_grid().cells:
        checkpoint = restore(store.cell(cell))
        if checkpoint is None or not checkpoint.final:
            raise RuntimeError(f"{cell.label} is not done")
        began = json.loads(store.cell(cell).attempts()[0].start.read_text(encoding="utf-8"))
        history = checkpoint.content.notes["history"][-1]
        found.append({"armed_s": began["armed_s"], "first_step_s": history["first_step_s"]})
    return found


def _job_id(study: Study) -> str:
    record = next(open_store(study.store).ledger.newest_first())
    return str((record.job or {})["job_id"])


def _submit_stages(study: Study) -> list[submitit.Job[dict[str, float]]]:
    store, profile = open_store(study.store), read_profile(study.profile)
    assert isinstance(profile, ClusterProfile)
    record = next(store.ledger.newest_first())
    asked = slurm_script.parameters(profile, work_of(store, record))
    asked["setup"] = [
        *asked["setup"],
        f"export PYTHONPATH={shlex.quote(str(HERE))}${{PYTHONPATH:+:$PYTHONPATH}}",
    ]
    python = slurm_script.python_command(profile)
    executor = submitit.SlurmExecutor(folder=study.folder / "stages", python=python)
    executor.update_parameters(**asked)
    given = (str(store.path), record.number, record.cells[0])
    return list(executor.map_array(ages, *([one] * len(record.cells) for one in given)))


def _durations(ends: Mapping[str, float]) -> dict[str, float]:
    times = [0.0, *ends.values()]
    return {name: end - begin for name, (begin, end) in zip(ends, pairwise(times), strict=True)}


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--models", default="mean,sgdml,schnet", help="(default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=5, help="warm jobs of each (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
