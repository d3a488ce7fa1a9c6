"""All that the SchNet benchmark knows of the engine beyond the interface of trainers.

Two things are in no trainer's interface: the gradient of the loss alone, on one batch made ready
beforehand, and the time that the neighbour lists take while a training starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from torch import Tensor

from hpcmlff.models.protocol import Task
from hpcmlff.models.schnet import batches, network
from hpcmlff.models.schnet.dense.problem import DenseProblem
from hpcmlff.models.schnet.training import Training

Gradient = Callable[[], tuple[Tensor, Tensor]]
"""Returns the loss and its derivatives ``(n_weights,)``, in the order of the network's weights."""


def prepared_gradient(task: Task) -> Gradient:
    """Return what computes loss and gradient on the first frames, as a step does.

    The network is the engine's, with the weights that a training of this task starts from. The
    batch is gathered once and kept.
    """
    problem: Any = Training(task)._problem
    frames = np.arange(task.settings.batch_size)
    if isinstance(problem, DenseProblem):
        batch = problem._train.batch(frames)
        problem._train.batch = lambda _: batch  # type: ignore[method-assign]
    else:
        geometries = problem._train.geometries
        inputs = geometries.inputs(frames)
        # The network writes into the dictionary it is given, so each call gets its own.
        geometries.inputs = lambda _: dict(inputs)
    return lambda: problem.gradient(frames)


def weight_names(task: Task) -> list[str]:
    """Return the names of the network's weights in the order of its gradient."""
    net = network.build(task.settings, len(task.species), task.seed)
    return [name for name, _ in net.named_parameters()]


def timed_neighbour_lists() -> list[float]:
    """Let the making of neighbour lists add the seconds it takes to the list returned."""
    return _timed(batches, "pairs_within")


def _timed(owner: Any, name: str) -> list[float]:
    spent, function = [0.0], getattr(owner, name)

    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        before = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[0] += time.perf_counter() - before

    setattr(owner, name, timed)
    return spent
