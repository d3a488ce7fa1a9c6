"""GFN2-xTB (Bannwarth et al., J. Chem. Theory Comput. 15, 1652) by tblite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hpcmlff.data.generate.molecules import INSTALL
from hpcmlff.errors import DataError

NAME = "GFN2-xTB"
"""The method."""


def import_tblite() -> Any:
    """Return tblite's calculator for ASE.

    Raises
    ------
    DataError
        It is not installed.
    """
    try:
        from tblite.ase import TBLite
    except ImportError:
        raise DataError("GFN2-xTB needs tblite", hint=INSTALL) from None
    return TBLite


def gfn2(charge: int = 0) -> Any:
    """Return a new calculator of ASE; it knows no wave function to start from.

    Parameters
    ----------
    charge
        Total charge, elementary charges.

    Raises
    ------
    DataError
        tblite is not installed.
    """
    return import_tblite()(method=NAME, charge=charge, verbosity=0)


@contextmanager
def calculating(what: str, hint: str) -> Iterator[None]:
    """Turn a failed calculation into an error that people can read.

    Parameters
    ----------
    what
        What was calculated.
    hint
        What to do about it.

    Raises
    ------
    DataError
        The calculation failed.
    """
    from ase.calculators.calculator import CalculatorError

    try:
        yield
    except (CalculatorError, RuntimeError, ZeroDivisionError) as found:
        raise DataError(f"{NAME} failed in {what}: {found}", hint=hint) from None
