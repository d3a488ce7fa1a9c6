"""What a training costs, before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.models.protocol import Estimate, Size

if TYPE_CHECKING:
    from hpcmlff.models.sgdml import SgdmlSettings

_GIB = 2**30
_BASE_GB = 0.5
"""Python with numpy, scipy, sgdml and torch imported, 0.25 GiB, and what is not the
matrix; in all 0.25 GiB less was measured from 6,000 to 14,400 unknowns."""
_BLOCK_COPIES = 3 * 512
"""Matrix rows in flight during the factorisation: three blocks of 512."""
_FLOP_PER_S = 15e9
"""Cholesky on one core; 36 to 43 GFLOP/s measured."""
_BLOCK_S = 1e-4
"""Call of sgdml's worker for one pair of frames, whatever the molecule."""
_TERM_S = 2e-8
"""One pair of atoms times one force component, all symmetries, in that worker; 1e-8 s
was measured with 8 symmetries."""
_MATCH_S = 2e-4
"""Comparing two frames in the search for symmetries."""
_PREDICT_S = 1e-7
"""One pair of atoms of one training frame in the prediction of one frame; 2e-8 s
was measured with 4 and with 8 symmetries."""


def unknowns(n_atoms: int, n_train: int, *, energies: bool = False) -> int:
    """Return the number of rows of the kernel matrix."""
    return n_train * (3 * n_atoms + energies)


def memory_gb(n_atoms: int, n_train: int, *, energies: bool = False) -> float:
    """Return the largest memory of a training in GiB.

    Stock sgdml reckons with 8 bytes · (3 · n_atoms · n_train)² · 3 for the kernel
    matrix and its factors (``Analytic.est_memory_requirement``); factorising in
    place leaves one copy.
    """
    n = unknowns(n_atoms, n_train, energies=energies)
    return _BASE_GB + 8 * n * (n + _BLOCK_COPIES) / _GIB


def estimate(settings: SgdmlSettings, size: Size) -> Estimate:
    """Estimate memory, disk and time of a training, all candidates for sigma together.

    Parameters
    ----------
    settings
        The settings.
    size
        Atoms and frames.
    """
    energies = settings.energy_constraint
    n_pairs = size.n_atoms * (size.n_atoms - 1) // 2
    n = unknowns(size.n_atoms, size.n_train, energies=energies)
    frame_pairs = size.n_train**2 / 2
    assembly_s = frame_pairs * (_BLOCK_S + _TERM_S * n_pairs * 3 * size.n_atoms)
    predict_s = _PREDICT_S * n_pairs * size.n_train * (size.n_train + size.n_validation)
    each_s = (1 + energies) * assembly_s + n**3 / 3 / _FLOP_PER_S + predict_s
    symmetries_s = settings.symmetries * _MATCH_S * min(size.n_train, 1000) ** 2 / 2
    mem_gb = memory_gb(size.n_atoms, size.n_train, energies=energies)
    return Estimate(
        mem_gb=mem_gb,
        least_mem_gb=mem_gb,
        disk_gb=8 * 2 * (n + 2 * n_pairs * size.n_train) / _GIB + 0.001,
        cpu_s=5.0 + symmetries_s + len(settings.sigmas()) * each_s,
    )
