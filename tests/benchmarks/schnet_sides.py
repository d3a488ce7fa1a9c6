"""One side of the SchNet benchmark, in a process of its own; prints one line of JSON.

Not to be called by hand: see schnet_engine.py. What is heavy is imported inside functions: how
long that takes is measured.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

from schnet_given import NEVER, Running, Side
from schnet_times import STEPS, Stages, lengths, now, per_step, repeated

WARM_UP = 1
"""Passes through the training frames that do not count, first steps being slow."""


def engine_steps(side: Side) -> dict[str, float]:
    """Train for a while; tell the time of a step, its share of validations included."""
    times, n = [now()], side.steps_per_pass
    running = Running(side.task())
    while len(times) <= WARM_UP or times[-1][0] - times[WARM_UP][0] < side.seconds:
        running.advance(n)
        times.append(now())
    passes = lengths(times)
    found = per_step(passes[WARM_UP:], n)
    # What start and first pass took beyond a pass: with compilation, what it costs.
    return {**found, "paid_s": passes[0][0] - n * found["step_s"]}


def stock_steps(side: Side) -> dict[str, float]:
    """Train for a while; tell the time of a step, its share of validations included."""
    import schnet_stock
    import torch

    torch.set_num_threads(side.threads)
    stages = Stages()
    clock = schnet_stock.Clock(stages, WARM_UP, side.seconds)
    schnet_stock.train(side, clock, stages)
    return per_step(lengths(clock.begins[WARM_UP:]), side.steps_per_pass)


def engine_floor(side: Side) -> dict[str, float]:
    """Compare steps, validations left out, with loss and gradient alone, in short turns."""
    import torch
    from schnet_insides import prepared_gradient

    running = Running(side.task(validate_every=NEVER))
    gradient = prepared_gradient(running.task)
    torch.set_num_threads(side.threads)
    running.advance(5)
    repeated(gradient, 5)
    n, turns = _in_a_turn(running), [now()]
    while turns[-1][0] - turns[0][0] < 2 * side.seconds:
        running.advance(n)
        turns.append(now())
        repeated(gradient, n)
        turns.append(now())
    passed = lengths(turns)
    steps, floors = passed[::2], passed[1::2]
    over, over_cpu = (
        median(step[k] / floor[k] for step, floor in zip(steps, floors, strict=True))
        for k in (0, 1)
    )
    floor_s = median(floor[0] for floor in floors) / n
    return {**per_step(steps, n), "floor_s": floor_s, "over": over, "over_cpu": over_cpu}


def _in_a_turn(running: Running) -> int:
    """Return how many steps last about a quarter of a second."""
    began = time.perf_counter()
    running.advance(5)
    return max(5, int(0.25 / (time.perf_counter() - began) * 5))


def engine_start(given: dict[str, Any]) -> dict[str, float]:
    """Tell what passes from the start of the process to the end of the second step."""
    stages = Stages()
    stages.end("python")
    import torch  # noqa: F401

    stages.end("import_torch")
    from hpcmlff.models.schnet import compat  # noqa: F401

    stages.end("import_schnetpack")
    from schnet_insides import timed_neighbour_lists

    spent = timed_neighbour_lists()
    stages.end("import_engine")
    task = Side(given).task()
    stages.end("read_data")
    running = Running(task)
    stages.end("build")
    for _ in STEPS:
        running.advance(1)
        stages.end_step()
    found = stages.told()
    return {**found, "build": found["build"] - spent[0], "neighbour_lists": spent[0]}


def stock_start(given: dict[str, Any]) -> dict[str, float]:
    """Tell what passes from the start of the process to the end of the second step."""
    stages = Stages()
    stages.end("python")
    import torch

    stages.end("import_torch")
    import schnet_stock

    stages.end("import_schnetpack")
    side = Side(given)
    torch.set_num_threads(side.threads)
    stages.end("read_order")
    clock = schnet_stock.Clock(stages, 0, 0.0)
    schnet_stock.train(side, clock, stages, max_steps=2)
    return stages.told()


def stock_database(side: Side) -> dict[str, float]:
    """Write the frames to an ASE database; no side's time."""
    import schnet_stock

    schnet_stock.write_database(side)
    return {}


def agreement(side: Side) -> dict[str, float]:
    """Compare loss and gradient of both sides for the same weights and frames."""
    import schnet_stock
    import torch
    from schnet_insides import prepared_gradient, weight_names

    task = side.task()
    running = Running(task)
    weights = running.trainer.model(task, running.state)
    loss, gradient = schnet_stock.gradient_of(side, weights)
    our_loss, ours = prepared_gradient(task)()
    theirs = torch.cat([gradient[name].reshape(-1) for name in weight_names(task)])
    distance = float((ours - theirs).norm() / theirs.norm())
    off = abs(float(our_loss) / loss - 1.0)
    return {"loss": loss, "loss_off": off, "gradient_off": distance}


def engine_checkpoint(side: Side) -> dict[str, float]:
    """Tell what a checkpoint costs, a step being made between any two; as a worker writes them."""
    from hpcmlff.store.attempts import claim
    from hpcmlff.store.checkpoints import commit
    from hpcmlff.store.image import Content
    from hpcmlff.store.layout import CellFolder
    from hpcmlff.worker.packing import STATE, packed

    running, cell = Running(side.task(validate_every=NEVER)), CellFolder(Path.cwd())
    own, taken = claim(cell), []
    for number in range(1, 22):
        running.advance(3)
        before = time.perf_counter()
        arrays = packed(running.trainer.to_arrays(running.state), STATE)
        commit(cell, own, number, Content(packed=arrays, notes={"history": []}), final=False)
        taken.append(time.perf_counter() - before)
    size = sum(array.nbytes for array in arrays.values())
    return {"checkpoint_s": median(taken), "size_mb": size / 1e6}


_OWN_START = (engine_start, stock_start)


def main() -> None:
    """Run what the first argument names with the JSON of the second."""
    logging.disable()
    warnings.simplefilter("ignore")
    name, given = sys.argv[1], json.loads(sys.argv[2])
    # A job has as many cores as threads: workers of a data loader get none of their own.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given["threads"]])
    side = globals()[name]
    found = side(given if side in _OWN_START else Side(given))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
