"""Do energies and forces belong together? Judged by a model that knows forces only.

Stock sgdml logs a warning on sign, pairing and scale of the energies whenever a fit
is poor. Here evidence must be strong before a training is refused: the model has to
predict forces it has not seen, and energies have to disagree by more than forces so
good allow. Limits were set on glycine and azobenzene with 5 to 200 training frames
and σ of 5 to 80 per Å: energies' unexplained share was at most 17 times the forces',
their correlation at least 0.55 and their scale off by no more than half of what
`_scale_limit` allows, wherever `_MIN_FORCE_R2` was reached.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import UnusableFrames
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MIN_FRAMES = 20
"""With fewer frames chance correlations are too large to judge by."""
_MIN_FORCE_R2 = 0.9
"""Share of the unseen forces' mean square that a model must explain to be a witness."""
_CHANCE = 0.3
"""Correlations smaller than this are no correlation."""
_ALLOWANCE = 50
"""How many times the forces' unexplained share the energies' may be."""


def check_energies(
    reference: NDArray[np.float64], predicted: NDArray[np.float64], force_r2: float
) -> None:
    """Refuse energies of flipped sign, of other frames or on another scale.

    Parameters
    ----------
    reference
        ``(n_frames,)``, given energies, kcal/mol, from any zero.
    predicted
        ``(n_frames,)``, energies a force-only model integrates to, kcal/mol, from any
        zero.
    force_r2
        Share of the validation forces' mean square that the model explains.

    Raises
    ------
    UnusableFrames
        The evidence for one of the three is strong.
    """
    spread, spread_predicted = reference.std(), predicted.std()
    if not spread or not spread_predicted:
        return
    correlation = float(np.corrcoef(reference, predicted)[0, 1])
    check_agreement(len(reference), force_r2, correlation, float(spread / spread_predicted))


def check_agreement(n_frames: int, force_r2: float, correlation: float, factor: float) -> None:
    """Refuse energies of flipped sign, of other frames or on another scale.

    Parameters
    ----------
    n_frames
        Number of energies.
    force_r2
        Share of unseen forces' mean square that the model explains.
    correlation
        Of given and predicted energies.
    factor
        Spread of the given energies over that of the predicted ones.

    Raises
    ------
    TrainingError
        The evidence for one of the three is strong.
    """
    if n_frames < _MIN_FRAMES or force_r2 < _MIN_FORCE_R2:
        return
    _check_sign(correlation)
    _check_pairing(correlation, force_r2)
    _check_scale(correlation, factor)


def _check_sign(correlation: float) -> None:
    if correlation < -_CHANCE:
        raise UnusableFrames(
            f"energies rise where integrated forces let them fall (correlation {correlation:.2f})",
            hint="The forces look like gradients: check their sign in the molecule's file",
        )


def _check_pairing(correlation: float, force_r2: float) -> None:
    expected = 1 - _ALLOWANCE * (1 - force_r2)
    if correlation < np.sqrt(np.clip(expected, _CHANCE**2, 0.95**2)):
        raise UnusableFrames(
            "energies do not belong to the forces: unseen forces are predicted well "
            f"(R² {force_r2:.3f}), but their integral hardly follows the energies "
            f"(correlation {correlation:.2f})",
            hint="Check that each frame of the molecule's file has its own energy, and "
            "that energies and forces come from the same method",
        )


def _check_scale(correlation: float, factor: float) -> None:
    if abs(np.log(factor)) > _scale_limit(correlation):
        raise UnusableFrames(
            f"energies are {factor:.4g} times what the forces integrate to",
            hint=f"{_unit_mistake(factor)}Check the units of energies and forces in the "
            "molecule's file, and 'units' in the grid",
        )


def _scale_limit(correlation: float) -> float:
    """Return the largest |ln| of a scale: 10 % for a perfect correlation, as stock sgdml."""
    return 0.1 + float(np.sqrt(1 - min(correlation, 1.0) ** 2))


def _unit_mistake(factor: float) -> str:
    """Name the likeliest pair of units whose ratio is within 10 % of a factor."""
    for name, ratio in _unit_ratios():
        if abs(np.log(factor / ratio)) < 0.1:
            return f"That is about {name}. "
    return ""


def _unit_ratios() -> Iterator[tuple[str, float]]:
    """Yield mistakes, the likeliest first: energies, lengths, then atomic units."""
    for one, other in permutations(ENERGY_KCAL_MOL, 2):
        yield f"one {one} in {other}", ENERGY_KCAL_MOL[one] / ENERGY_KCAL_MOL[other]
    bohr, hartree = LENGTH_ANGSTROM["bohr"], ENERGY_KCAL_MOL["Hartree"]
    yield "1/bohr in 1/Å", 1 / bohr
    yield "1/Å in 1/bohr", bohr
    for name, size in ENERGY_KCAL_MOL.items():
        yield f"one Hartree/bohr in {name}/Å", hartree / bohr / size
        yield f"one {name}/Å in Hartree/bohr", size * bohr / hartree
