"""Names of units and their factors to the library's own: kcal/mol and Å.

Factors follow CODATA 2018 (Tiesinga et al., Rev. Mod. Phys. 93, 025010) with the
thermochemical calorie of exactly 4.184 J.
"""

from __future__ import annotations

from hpcmlff.errors import DataError, nearest

_AVOGADRO = 6.02214076e23
_EV_J = 1.602176634e-19
_HARTREE_EV = 27.211386245988
_BOHR_ANGSTROM = 0.529177210903

EV_KCAL_MOL = _EV_J * _AVOGADRO / 4184.0
"""One electronvolt per particle in kcal/mol."""

ENERGY_KCAL_MOL = {
    "kcal/mol": 1.0,
    "kJ/mol": 1.0 / 4.184,
    "eV": EV_KCAL_MOL,
    "meV": EV_KCAL_MOL / 1000.0,
    "Hartree": _HARTREE_EV * EV_KCAL_MOL,
}
"""Energy units and their size in kcal/mol."""

LENGTH_ANGSTROM = {"angstrom": 1.0, "bohr": _BOHR_ANGSTROM, "nm": 10.0}
"""Length units and their size in Å."""

_ALIASES = {"ang": "angstrom", "å": "angstrom", "a": "angstrom", "ha": "Hartree", "a0": "bohr"}


def _find(word: str, table: dict[str, float], kind: str) -> str:
    by_lower = {name.lower(): name for name in table}
    name = by_lower.get(word.lower()) or _ALIASES.get(word.lower())
    if name in table:
        return name
    raise DataError(f"unknown {kind} unit {word!r}", hint=nearest(word, table))


def energy_unit(word: str) -> str:
    """Return the canonical name of an energy unit.

    Raises
    ------
    DataError
        The unit is not known.
    """
    return _find(word, ENERGY_KCAL_MOL, "energy")


def length_unit(word: str) -> str:
    """Return the canonical name of a length unit.

    Raises
    ------
    DataError
        The unit is not known.
    """
    return _find(word, LENGTH_ANGSTROM, "length")
