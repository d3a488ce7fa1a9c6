"""The share of threads: set before any numerical library is imported."""

from __future__ import annotations

_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

_PATIENCE = {"OPENBLAS_THREAD_TIMEOUT": "4"}
"""OpenBLAS's threads sleep at once when they have nothing to do. By default they wait some 20 ms
first, busily, in the way of whatever else wants the cores: our own threads, or another cell's."""


def thread_environment(threads: int) -> dict[str, str]:
    """Return the environment variables that hold libraries to this many threads."""
    return dict.fromkeys(_VARIABLES, str(threads)) | _PATIENCE
