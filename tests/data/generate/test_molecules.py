from __future__ import annotations

import sys
from typing import Any

import pytest

from hpcmlff.data.generate.molecules import embed, find_start
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Generate


def _message(**fields: Any) -> str:
    with pytest.raises(DataError) as raised:
        find_start(Generate(frames=1, **fields))
    return str(raised.value)


def test_built_in_molecules_have_their_atoms() -> None:
    glycine = find_start(Generate(molecule="glycine", frames=1))
    assert "".join(row[0] for row in glycine.geometry) == "NCCOOHHHHH"
    azobenzene = find_start(Generate(molecule="azobenzene", frames=1, path="rotation"))
    assert azobenzene.bridge is not None
    assert [azobenzene.geometry[atom][0] for atom in azobenzene.bridge] == ["C", "N", "N", "C"]


def test_others_come_from_their_smiles() -> None:
    start = embed("[NH4+]")
    assert [row[0] for row in start.geometry] == ["N", "H", "H", "H", "H"]
    assert start.charge == 1
    assert embed("CO") == embed("CO")
    # Boron has no MMFF parameters.
    assert len(embed("OB(O)O").geometry) == 7


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"molecule": "glycin"},
            "no built-in molecule 'glycin'. Did you mean 'glycine'? For others give the SMILES",
        ),
        (
            {"molecule": "ethane", "smiles": "CC", "path": "rotation"},
            "the path 'rotation' is azobenzene's; ethane has no such bridge. Choose 'md'",
        ),
        (
            {"molecule": "glycine", "path": "inversion"},
            "the path 'inversion' is azobenzene's; glycine has no such bridge. Choose 'md'",
        ),
        (
            {"molecule": "x", "smiles": "C(("},
            "'C((' is not a SMILES that RDKit understands",
        ),
        ({"molecule": "x", "smiles": ""}, "'' is not a SMILES that RDKit understands"),
        ({"molecule": "x", "smiles": "O.O"}, "'O.O' is more than one molecule"),
        ({"molecule": "x", "smiles": "[CH3]"}, "'[CH3]' is a radical, expected a closed shell"),
    ],
)
def test_what_cannot_be_made_is_refused(fields: dict[str, Any], message: str) -> None:
    assert _message(**fields) == message


def test_a_smiles_beside_a_built_in_name_is_refused() -> None:
    assert _message(molecule="glycine", smiles="CC") == (
        "'glycine' is built in, a SMILES of another would confuse. "
        "Leave out the SMILES or choose another name"
    )
    message = _message(molecule="phenol")
    assert message.endswith("'phenol'. Valid: azobenzene, glycine. For others give the SMILES")


def test_a_missing_rdkit_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdkit", None)
    assert _message(molecule="water", smiles="O") == (
        "generating from a SMILES needs RDKit. pip install 'hpcmlff[generate]'"
    )
