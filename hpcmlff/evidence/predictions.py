"""Predictions on the test set against the reference; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.evidence.columns import ELEMENT, MOST_ELEMENTS
from hpcmlff.metrics import score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
    """Prediction and reference, of one shape."""

_WORST = 8
"""One in so many of what is kept for plots is among those with the largest errors."""


def compared(energies: Pair, forces: Pair) -> dict[str, float]:
    """Compare predictions with the reference.

    Parameters
    ----------
    energies
        ``(n_frames,)`` each, kcal/mol, of the whole molecule.
    forces
        ``(n_frames, n_atoms, 3)`` each, kcal/mol/Å.

    Returns
    -------
    dict
        Columns of `hpcmlff.evidence.columns.ROW`.

    Raises
    ------
    TrainingError
        Shapes differ, or a prediction is not finite.
    """
    errors = score(energies[0], forces[0], energies[1], forces[1])
    difference = energies[0] - energies[1]
    predicted, reference = (_centred(one) for one in energies)
    return {
        **{f"found_{name}": value for name, value in errors.items()},
        "n_compared": len(difference),
        "energy_bias_kcal_mol": float(difference.mean()),
        "energy_scatter_kcal_mol": float(difference.std()),
        "energy_spread_kcal_mol": _rms(reference),
        "energy_correlation": _cosine(predicted, reference),
        "energy_ratio": _quotient(_rms(reference), _rms(predicted)),
        "force_spread_kcal_mol_ang": _rms(forces[1]),
        "force_r2": 1 - _quotient(_rms(forces[0] - forces[1]) ** 2, _rms(forces[1]) ** 2),
        "force_correlation": _cosine(*forces),
        "force_ratio": _quotient(_rms(forces[1]), _rms(forces[0])),
    }


def by_element(species: NDArray[np.int64], forces: Pair) -> NDArray[Any]:
    """Return the forces' errors on the atoms of each element.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    forces
        ``(n_frames, n_atoms, 3)`` each, kcal/mol/Å.

    Returns
    -------
    ndarray
        ``(MOST_ELEMENTS,)`` of `ELEMENT`, by atomic number; the rest is empty.
    """
    found = np.zeros(MOST_ELEMENTS, dtype=ELEMENT)
    for place, number in enumerate(np.unique(species)[:MOST_ELEMENTS]):
        atoms = species == number
        difference = forces[0][:, atoms] - forces[1][:, atoms]
        mae = float(np.mean(np.abs(difference)))
        found[place] = (number, difference.size, mae, _rms(difference))
    return found


def kept_for_plots(pair: Pair, number: int) -> NDArray[np.float32]:
    """Choose points for a plot: the worst ones, and of the others every so many.

    Parameters
    ----------
    pair
        Prediction and reference; flattened.
    number
        How many to choose.

    Returns
    -------
    ndarray
        ``(number, 2)``, reference and prediction; NaN where there are fewer.
    """
    predicted, reference = (one.ravel() for one in pair)
    errors, n_worst = np.abs(predicted - reference), min(number // _WORST, len(predicted))
    worst = np.argpartition(-errors, n_worst - 1)[:n_worst]
    rest = np.delete(np.arange(len(errors)), worst)
    places = np.linspace(0, len(rest) - 1, min(number - n_worst, len(rest))).round()
    chosen = np.concatenate([worst, rest[places.astype(np.int64)]])
    kept = np.full((number, 2), np.nan, dtype=np.float32)
    kept[: len(chosen)] = np.stack([reference[chosen], predicted[chosen]], axis=1)
    return kept


def _rms(array: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(array**2)))


def _centred(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return energies less their mean; zeros where they differ by rounding alone."""
    centred = energies - energies.mean()
    noise = 16 * np.spacing(np.abs(energies).max())
    return centred if np.abs(centred).max() > noise else np.zeros_like(centred)


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the cosine between two arrays; of centred ones it is their correlation."""
    # Not by BLAS, whose threads would wait for each other on a busy login node.
    lengths = float(np.sqrt(np.sum(one**2) * np.sum(other**2)))
    return _quotient(float(np.sum(one * other)), lengths)


def _quotient(above: float, below: float) -> float:
    return above / below if below else float("nan")
