"""Which length scales are tried, and which is taken; pure.

All candidates are tried, whatever the ones before gave: errors over the length scale
may have more than one minimum. They are tried with few training frames, where a
training costs little; the one that is taken is used with all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml import SgdmlSettings

COARSE = (5, 10, 20, 40, 80)
"""First candidates of ``sigma: auto``, 1/Å; then come those around the best."""
_FINE = (2.0 ** (-2 / 3), 2.0 ** (-1 / 3), 2.0 ** (1 / 3), 2.0 ** (2 / 3))
"""Candidates around the best of the first ones, as factors."""
_BEYOND = (0.25, 0.5, 2.0 ** (-1 / 2), 2.0 ** (1 / 2))
"""The same where the best is the smallest; inverted where it is the largest."""
_SHARE = 4
"""One in so many training frames is used for the search."""
_LEAST_UNKNOWNS = 6_000
"""Unknowns of a search's training at least, if there are as many: such a training takes
a second. With 50 frames of glycine the best of all frames was not found."""
_MOST_UNKNOWNS = 20_000
"""Unknowns of a search's training at most, so that it stays in memory."""


_AS_GOOD = 1.01
"""Of length scales with errors up to this many times the lowest, the smallest is taken: with
more frames the best one gets smaller (azobenzene: 57, 40 and 28 per Å with 25, 50 and 100
frames) or stays (glycine), and errors near it are nearly equal."""


def search_frames(n_train: int, n_atoms: int) -> int:
    """Return how many training frames candidates are tried with."""
    width = 3 * n_atoms
    wanted = max(n_train // _SHARE, _LEAST_UNKNOWNS // width)
    return max(1, min(n_train, wanted, _MOST_UNKNOWNS // width))


def candidates_in_all(settings: SgdmlSettings) -> int:
    """Return how many length scales will be tried; 0 where there is no choice."""
    if settings.sigma == "auto":
        return len(COARSE) + len(_FINE)
    sigmas = settings.sigma if isinstance(settings.sigma, list) else [settings.sigma]
    return len(sigmas) if len(sigmas) > 1 else 0


def next_candidate(
    settings: SgdmlSettings, tried: NDArray[np.int64], errors: NDArray[np.float64]
) -> int | None:
    """Return the length scale to try next, 1/Å; None if all were tried.

    Parameters
    ----------
    settings
        The settings.
    tried
        ``(n_tried,)``, 1/Å, in the order of trial.
    errors
        ``(n_tried,)``, their validation errors.
    """
    if len(tried) >= candidates_in_all(settings):
        return None
    if isinstance(settings.sigma, list):
        return settings.sigma[len(tried)]
    if len(tried) < len(COARSE):
        return COARSE[len(tried)]
    return _fine(errors)[len(tried) - len(COARSE)]


def best(
    settings: SgdmlSettings, tried: NDArray[np.int64], errors: NDArray[np.float64]
) -> int | None:
    """Return the length scale to train with, 1/Å; None if none of those tried is usable."""
    if not len(tried):
        sigma = settings.sigma[0] if isinstance(settings.sigma, list) else settings.sigma
        return int(sigma)
    lowest = errors.min()
    if not np.isfinite(lowest):
        return None
    return int(tried[errors <= _AS_GOOD * lowest].min())


def _fine(errors: NDArray[np.float64]) -> list[int]:
    """Return all fine candidates, each once; decided by the coarse ones alone."""
    middle = COARSE[int(np.argmin(errors[: len(COARSE)]))]
    factors: tuple[float, ...] = _FINE
    if middle == COARSE[0]:
        factors = _BEYOND
    elif middle == COARSE[-1]:
        factors = tuple(1 / factor for factor in _BEYOND)
    found: list[int] = []
    for factor in factors:
        wanted = max(1, round(middle * factor))
        while wanted in {*COARSE, *found}:
            wanted += 1
        found.append(wanted)
    return found
