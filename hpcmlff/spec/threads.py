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


def thread_environment(threads: int) -> dict[str, str]:
    """Return the environment variables that hold libraries to this many threads."""
    return dict.fromkeys(_VARIABLES, str(threads))
