"""One side of the sGDML benchmark, in a process of its own; prints one line of JSON.

Not to be called by hand: see sgdml_engine.py.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from hpcmlff.models.protocol import Allocation, Samples, Task
from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.arithmetic import CpuArithmetic
from hpcmlff.models.sgdml.cache import compiled
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.models.sgdml.fit import system_of
from hpcmlff.models.sgdml.package import stock
from hpcmlff.models.sgdml.symmetries import find_symmetries
from hpcmlff.models.sgdml.tiles import Tiles
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder

_GIB = 2**30
_MODULES = ("train", "predict", "utils.desc", "utils.perm", "solvers.analytic")


class Side:
    """What both sides are given.

    Parameters
    ----------
    given
        ``data``, ``n_train``, ``n_validation``, ``sigmas``, ``threads``, ``mem_gb``
        (ours) and ``folder``.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        with np.load(given["data"]) as data:
            frames = {name: data[name] for name in ("positions", "energies", "forces")}
            self.species = data["species"]
        n_train, n_validation = given["n_train"], given["n_validation"]
        self.train = Samples(**{name: array[:n_train] for name, array in frames.items()})
        rest = slice(n_train, n_train + n_validation)
        self.validation = Samples(**{name: array[rest] for name, array in frames.items()})
        self.sigmas, self.threads = given["sigmas"], given["threads"]
        self.folder, self.mem_gb = Path(given["folder"]), given["mem_gb"]

    def task(self, sigma: int | list[int]) -> Task:
        """Return our task; blocks go to the given folder, as they would in a job."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        return Task(
            species=self.species,
            train=self.train,
            validation=self.validation,
            settings=SgdmlSettings(sigma=sigma),
            seed=1,
            allocation=Allocation(threads=self.threads, mem_gb=self.mem_gb),
            blocks=CellBlocks(CellFolder(folder)),
        )

    def dataset(self, samples: Samples) -> dict[str, Any]:
        """Return frames as stock sgdml wants them."""
        words = {"name": np.array("benchmark"), "theory": np.array("any")}
        arrays = {"R": samples.positions, "E": samples.energies, "F": samples.forces}
        return words | arrays | {"z": self.species}

    def stock_task(self, trainer: Any, sigma: int) -> Any:
        """Return stock's task; it finds the symmetries."""
        train, validation = self.dataset(self.train), self.dataset(self.validation)
        n_train, n_validation = len(self.train.energies), len(self.validation.energies)
        return trainer.create_task(train, n_train, validation, n_validation, sigma)


def engine_assembly(side: Side) -> dict[str, float]:
    """Assemble all tiles of the lower triangle."""
    task = side.task(side.sigmas[0])
    perms = find_symmetries(side.train.positions, side.species, 1)
    tiles = Tiles(blocks=None, key="", room_bytes=0)
    system = system_of(task, side.train, perms, side.sigmas[0], tiles)
    before = time.perf_counter()
    for row, column in system.tiling.tiles():
        system.assembled(row, column)
    return {"assembly_s": time.perf_counter() - before}


def engine_factorisation(side: Side) -> dict[str, float]:
    """Factorise in memory; tell the rate, assembly apart, and that of products."""
    task = side.task(side.sigmas[0])
    perms = find_symmetries(side.train.positions, side.species, 1)
    tiles = Tiles(blocks=None, key="", room_bytes=np.inf)
    system = system_of(task, side.train, perms, side.sigmas[0], tiles)
    with threadpool_limits(side.threads):
        products = [_product_flop_per_s()]
        before = time.perf_counter()
        for _ in system.factorise(CpuArithmetic()):
            pass
        whole = time.perf_counter() - before
        products.append(_product_flop_per_s())
    flops, best = system.tiling.n**3 / 3, max(products)
    bare = whole - system.watch.assembly_s
    return {"factorisation_s": bare, "floor_s": flops / best, "product_gflop_per_s": best / 1e9}


def engine_train(side: Side) -> dict[str, float]:
    """Train at one length scale."""
    return _train(side, side.sigmas[0])


def engine_choose(side: Side) -> dict[str, float]:
    """Choose among all length scales, then train."""
    return _train(side, side.sigmas)


def _train(side: Side, sigma: int | list[int]) -> dict[str, float]:
    trainer, task = SgdmlTrainer(), side.task(sigma)
    before = time.perf_counter()
    state = trainer.advance(task, trainer.start(task), lambda: False)
    model = trainer.model(task, state)
    taken = time.perf_counter() - before
    _, forces = trainer.predict(task, model, side.validation.positions)
    return {"train_s": taken, "sigma": float(model["sigma"][0]), "error": _error(side, forces)}


def stock_assembly(side: Side) -> dict[str, float]:
    """Assemble stock's matrix."""
    trainer = stock("train").GDMLTrain(max_memory=1000, max_processes=side.threads)
    task = side.stock_task(trainer, side.sigmas[0])
    spent = _timed(trainer, "_assemble_kernel_mat")
    solver = stock("solvers.analytic").Analytic
    solver.solve = _only_assembly(solver, trainer)
    with threadpool_limits(side.threads):
        trainer.train(task)
    return {"assembly_s": spent[0]}


def stock_train(side: Side) -> dict[str, float]:
    """Train at one length scale by the package's own functions."""
    trainer = stock("train").GDMLTrain(max_memory=1000, max_processes=side.threads)
    with threadpool_limits(side.threads):
        before = time.perf_counter()
        model = trainer.train(side.stock_task(trainer, side.sigmas[0]))
        taken = time.perf_counter() - before
    forces = _stock_forces(side, model)
    return {"train_s": taken, "sigma": float(model["sig"]), "error": _error(side, forces)}


def stock_choose(side: Side) -> dict[str, float]:
    """Train at all length scales and validate each, as the package's ``all`` does."""
    trainer = stock("train").GDMLTrain(max_memory=1000, max_processes=side.threads)
    with threadpool_limits(side.threads):
        before = time.perf_counter()
        task = dict(side.stock_task(trainer, side.sigmas[0]))
        errors = []
        for sigma in side.sigmas:
            model = trainer.train(task | {"sig": sigma})
            errors.append(_error(side, _stock_forces(side, model)))
        taken = time.perf_counter() - before
    number = int(np.argmin(errors))
    return {"train_s": taken, "sigma": float(side.sigmas[number]), "error": errors[number]}


def _stock_forces(side: Side, model: Any) -> NDArray[np.float64]:
    predictor = stock("predict").GDMLPredict(model, max_processes=side.threads)
    positions = side.validation.positions
    _, forces = predictor.predict(positions.reshape(len(positions), -1))
    return np.asarray(forces).reshape(positions.shape)


def _error(side: Side, forces: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((forces - side.validation.forces) ** 2)))


def _timed(thing: Any, name: str) -> list[float]:
    """Let a method add the time it takes to the list returned."""
    spent, method = [0.0], getattr(thing, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        before = time.perf_counter()
        try:
            return method(*args, **kwargs)
        finally:
            spent[0] += time.perf_counter() - before

    setattr(thing, name, timed)
    return spent


def _only_assembly(solver: Any, trainer: Any) -> Callable[..., Any]:
    del solver

    def solve(self: Any, task: Any, desc: Any, d_desc: Any, perms: Any, y: Any) -> Any:
        trainer._assemble_kernel_mat(desc, d_desc, perms, task["sig"], self.desc)
        return np.zeros_like(y)

    return solve


def _product_flop_per_s(n: int = 3000, times: int = 4) -> float:
    matrix, out = np.random.default_rng(0).normal(size=(n, n)), np.zeros((n, n))
    arithmetic = CpuArithmetic()
    best = 0.0
    for _ in range(times):
        before = time.perf_counter()
        arithmetic.subtract(out, matrix, matrix[::-1].copy())
        best = max(best, 2 * n**3 / (time.perf_counter() - before))
    return best


def main() -> None:
    """Run what the first argument names with the JSON of the second."""
    logging.disable()
    side = Side(json.loads(sys.argv[2]))
    # What is imported is no side's work.
    compiled()
    for module in _MODULES:
        stock(module)
    found = globals()[sys.argv[1]](side)
    found["peak_mem_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _GIB
    kernels = sorted({str(one.get("architecture")) for one in threadpool_info()})
    sys.stdout.write(json.dumps(found | {"kernels": kernels}) + "\n")


if __name__ == "__main__":
    main()
