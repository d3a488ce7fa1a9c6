"""A trained model as arrays: its prediction, and its form that stock sgdml reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import ThreadpoolController

from hpcmlff.errors import TrainingError
from hpcmlff.models.sgdml.package import stock, version
from hpcmlff.models.sgdml.symmetries import pair_permutations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Predict, Samples, Task

SOLVERS = ("analytic", "cg")
"""Solvers by the number a model carries, in stock sgdml's words."""


def predictor(model: dict[str, Any], threads: int) -> Predict:
    """Return what predicts by stock sgdml, frames shared out over threads.

    Parameters
    ----------
    model
        What `kernel_model` or `to_npz_model` returned.
    threads
        Threads to use; the result does not depend on it.

    Returns
    -------
    Predict
        Raises TrainingError where positions are of another molecule.
    """
    # One process at most: no pool is forked, and no benchmark is cached by the package.
    stock_predict = stock("predict").GDMLPredict(model, max_processes=1).predict
    # Looking for the libraries takes longer than predicting a frame of a small molecule.
    blas = ThreadpoolController()

    def predict(positions: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        n_frames = len(positions)
        expected = (n_frames, len(model["z"]), 3)
        if positions.shape != expected:
            raise TrainingError(f"positions have the shape {positions.shape}, expected {expected}")
        flat = positions.reshape(n_frames, 3 * len(model["z"]))
        batches = np.array_split(flat, min(4 * threads, max(n_frames, 1)))
        with blas.limit(limits=1):
            parts = list(_each(stock_predict, batches, threads))
        energies, forces = (np.concatenate(part) for part in zip(*parts, strict=True))
        return energies, forces.reshape(expected)

    return predict


def _each(call: Callable[[Any], Any], batches: list[Any], threads: int) -> Iterator[Any]:
    if len(batches) == 1:
        yield call(batches[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(call, batches)


def kernel_model(species: NDArray[np.int64], arrays: Arrays) -> dict[str, Any]:
    """Return the parts of a stock sgdml model that prediction needs.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    arrays
        The model as `SgdmlTrainer.model` returns it.
    """
    model = {
        "type": "m",
        "z": species,
        "R_desc": arrays["descriptors"].T,
        "R_d_desc_alpha": arrays["pair_coefficients"],
        "c": float(arrays["constant_kcal_mol"][0]),
        "std": float(arrays["scale"][0]),
        "sig": int(arrays["sigma"][0]),
        "perms": arrays["permutations"],
        "tril_perms_lin": pair_permutations(arrays["permutations"]),
    }
    if "energy_coefficients" in arrays:
        model["alphas_E"] = arrays["energy_coefficients"]
    return model


def to_npz_model(task: Task, arrays: Arrays) -> dict[str, Any]:
    """Return a model as stock sgdml keeps it, to be written by ``numpy.savez_compressed``.

    Parameters
    ----------
    task
        The task the model was trained for.
    arrays
        The model as `SgdmlTrainer.model` returns it.

    Returns
    -------
    dict
        A complete model: ``sgdml.predict.GDMLPredict`` and sgdml's own commands read it.
        Frame numbers in it count within the training and the validation set.
    """
    iterated = {}
    if "iterations" in arrays:
        norm = float(np.sqrt(arrays["force_coefficients"].size))
        iterated = {
            "solver_tol": float(arrays["tolerance"][0]),
            "solver_iters": int(arrays["iterations"][0]),
            "norm_y_train": norm,
            "solver_resid": float(arrays["residual"][0]) * norm,
        }
    untested = {"mae": np.nan, "rmse": np.nan}
    return (
        kernel_model(task.species, arrays)
        | iterated
        | {
            "code_version": version(),
            "dataset_name": "hpcmlff",
            "dataset_theory": "unknown",
            "solver_name": SOLVERS[int(arrays["solver"][0])],
            "idxs_train": np.arange(len(task.train.energies)),
            "md5_train": _md5(task.species, task.train),
            "idxs_valid": np.arange(len(task.validation.energies)),
            "md5_valid": _md5(task.species, task.validation),
            "n_test": 0,
            "md5_test": None,
            "f_err": untested,
            "e_err": untested,
            "lam": float(arrays["lam"][0]),
            "alphas_F": arrays["force_coefficients"],
            "use_E": True,
            "r_unit": "Ang",
            "e_unit": "kcal/mol",
        }
    )


def _md5(species: NDArray[np.int64], samples: Samples) -> Any:
    dataset = {"z": species, "R": samples.positions, "E": samples.energies, "F": samples.forces}
    return stock("utils.io").dataset_md5(dataset)
