import pytest

from hpcmlff.errors import DataError
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM, energy_unit, length_unit


def test_factors_equal_the_published_values() -> None:
    # NIST: 1 Hartree = 627.5094740631 kcal/mol, 1 eV = 23.060547830619 kcal/mol
    assert ENERGY_KCAL_MOL["Hartree"] == pytest.approx(627.5094740631, rel=1e-11)
    assert ENERGY_KCAL_MOL["eV"] == pytest.approx(23.060547830619, rel=1e-12)
    assert ENERGY_KCAL_MOL["kJ/mol"] == pytest.approx(0.2390057361376673, rel=1e-15)
    assert LENGTH_ANGSTROM["bohr"] == 0.529177210903


@pytest.mark.parametrize(
    ("word", "name"), [("KCAL/MOL", "kcal/mol"), ("ev", "eV"), ("Ha", "Hartree")]
)
def test_energy_units_are_known_by_their_usual_spellings(word: str, name: str) -> None:
    assert energy_unit(word) == name


@pytest.mark.parametrize(("word", "name"), [("Å", "angstrom"), ("Ang", "angstrom"), ("a0", "bohr")])
def test_length_units_are_known_by_their_usual_spellings(word: str, name: str) -> None:
    assert length_unit(word) == name


def test_an_unknown_unit_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(DataError, match="unknown energy unit 'kcal/mole'") as caught:
        energy_unit("kcal/mole")
    assert caught.value.hint == "Did you mean 'kcal/mol'?"
    with pytest.raises(DataError, match="unknown length unit 'foot'"):
        length_unit("foot")
