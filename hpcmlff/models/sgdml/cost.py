"""What a training costs, before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.models.protocol import Estimate, Size
from hpcmlff.models.sgdml.cg_size import least_size, product_flop, wanted_size
from hpcmlff.models.sgdml.search import candidates_in_all, search_frames
from hpcmlff.models.sgdml.symmetries import MATCHED_FRAMES
from hpcmlff.models.sgdml.tiling import make_tiling

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Task
    from hpcmlff.models.sgdml import SgdmlSettings

_GIB = 2**30
_BASE_GB = 0.6
"""Python with numpy, scipy, numba and sgdml imported, 0.25 GiB, and what is not tiles."""
GFLOP_PER_S, TERMS_PER_S = "gflop_per_s_per_thread", "assembly_terms_per_s_per_thread"
"""Names of the rates that trainings measure."""
_DEFAULTS = {GFLOP_PER_S: 15.0, TERMS_PER_S: 3e8}
"""Where none was measured. Factorising: a core of no recent make; 80 to 95 measured on one
of 2023. Assembling: elements of the matrix times symmetries; 6e8 to 1.5e9 measured there."""
_SYMMETRIES = 8
"""Symmetries that are reckoned with before they are known."""
_ITERATIONS = 300
"""Iterations that are reckoned with for ``cg``; 100 to 300 are usual."""
_PRODUCT_FLOP_PER_S = 1.5e9
"""Of a product with the kernel matrix, on one core."""
_MATCH_S = 2e-4
"""Comparing two frames in the search for symmetries."""
_PREDICT_S = 1e-7
"""One pair of atoms of one training frame in the prediction of one frame; 2e-8 s
was measured with 4 and with 8 symmetries."""


def least_mem_gb(settings: SgdmlSettings, n_atoms: int, n_train: int) -> float:
    """Return the memory in GiB without which a training cannot run.

    A row of tiles for the factorisation or the least preconditioner for the iteration, or
    all tiles of the search for sigma.
    """
    energies = settings.energy_constraint
    search = make_tiling(search_frames(n_train, n_atoms), n_atoms, energies=energies)
    searching = search.all_bytes + search.least_bytes if candidates_in_all(settings) else 0
    if settings.solver == "cg":
        least = least_size(n_train, 3 * n_atoms + energies).mem_gb
        return max(least, _BASE_GB + searching / _GIB)
    tiling = make_tiling(n_train, n_atoms, energies=energies)
    return _BASE_GB + max(tiling.least_bytes, searching) / _GIB


def comfortable_mem_gb(settings: SgdmlSettings, n_atoms: int, n_train: int) -> float:
    """Return the memory in GiB from which on more is of no use."""
    energies, least = settings.energy_constraint, least_mem_gb(settings, n_atoms, n_train)
    if settings.solver == "cg":
        return max(least, wanted_size(n_train, 3 * n_atoms + energies).mem_gb)
    tiling = make_tiling(n_train, n_atoms, energies=energies)
    return max(least, _BASE_GB + (tiling.all_bytes + tiling.least_bytes) / _GIB)


def room_bytes(task: Task) -> float:
    """Return the memory that is left for finished tiles, in bytes."""
    n_train, n_atoms, _ = task.train.positions.shape
    tiling = make_tiling(n_train, n_atoms, energies=task.settings.energy_constraint)
    return (task.allocation.mem_gb - _BASE_GB) * _GIB - tiling.least_bytes


def estimate(settings: SgdmlSettings, size: Size) -> Estimate:
    """Estimate memory, disk and time of a training with its search for sigma.

    Parameters
    ----------
    settings
        The settings.
    size
        Atoms and frames.
    """
    energies = settings.energy_constraint
    few = search_frames(size.n_train, size.n_atoms)
    tries_s = candidates_in_all(settings) * _training_s(size, few, energies=energies)
    symmetries_s = settings.symmetries * _MATCH_S * min(size.n_train, MATCHED_FRAMES) ** 2 / 2
    disk_gb, training_s = _training(settings, size)
    return Estimate(
        mem_gb=comfortable_mem_gb(settings, size.n_atoms, size.n_train),
        least_mem_gb=least_mem_gb(settings, size.n_atoms, size.n_train),
        disk_gb=disk_gb + _model_bytes(size) / _GIB,
        freed_gb=disk_gb,
        cpu_s=5.0 + symmetries_s + tries_s + training_s,
    )


def _training(settings: SgdmlSettings, size: Size) -> tuple[float, float]:
    """Return disk in GiB and CPU time in s of the training with all frames."""
    energies = settings.energy_constraint
    if settings.solver == "analytic":
        tiling = make_tiling(size.n_train, size.n_atoms, energies=energies)
        return tiling.all_bytes / _GIB, _training_s(size, size.n_train, energies=energies)
    rates = {**_DEFAULTS, **size.rates}
    wanted = wanted_size(size.n_train, 3 * size.n_atoms + energies)
    product = product_flop(size.n_train, size.n_atoms, _SYMMETRIES)
    flop = wanted.flop(_ITERATIONS) / (1e9 * rates[GFLOP_PER_S])
    others = _ITERATIONS * product / _PRODUCT_FLOP_PER_S
    return wanted.disk_gb, flop + others + _predict_s(size, size.n_train)


def _training_s(size: Size, n_train: int, *, energies: bool) -> float:
    """Return the CPU time of one length scale, predictions of its frames included."""
    n = make_tiling(n_train, size.n_atoms, energies=energies).n
    rates = {**_DEFAULTS, **size.rates}
    # Once for the factorisation and at least once for the residual.
    assembly_s = 3 * n**2 / 2 * _SYMMETRIES / rates[TERMS_PER_S]
    factorisation_s = n**3 / 3 / (1e9 * rates[GFLOP_PER_S])
    return factorisation_s + assembly_s + _predict_s(size, n_train)


def _predict_s(size: Size, n_train: int) -> float:
    n_pairs = size.n_atoms * (size.n_atoms - 1) // 2
    return _PREDICT_S * n_pairs * n_train * (n_train + size.n_validation)


def _model_bytes(size: Size) -> int:
    n_pairs = size.n_atoms * (size.n_atoms - 1) // 2
    return 2 * 8 * size.n_train * (3 * size.n_atoms + 1 + 2 * n_pairs) + 2**20
