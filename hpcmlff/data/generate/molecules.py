"""Where a generated trajectory starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import DataError, nearest

if TYPE_CHECKING:
    from hpcmlff.spec.grid import Generate

Geometry = tuple[tuple[str, float, float, float], ...]
"""Symbol and position in Å of each atom."""

INSTALL = "pip install 'hpcmlff[generate]'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """A molecule before its dynamics."""

    geometry: Geometry
    """Symbol and position in Å of each atom."""
    charge: int = 0
    """Total charge, elementary charges."""
    bridge: tuple[int, int, int, int] | None = None
    """Atoms C, N, N, C of azobenzene's central bridge."""


# Minima of GFN2-xTB (Bannwarth et al., J. Chem. Theory Comput. 15, 1652), force
# components below 1e-3 eV/Å before rounding.
_GLYCINE: Geometry = (
    ("N", -0.6266, 0.0417, -1.3054),
    ("C", -0.4790, -0.5930, -0.0117),
    ("C", 0.7354, -0.0924, 0.7411),
    ("O", 1.3582, -0.7406, 1.5373),
    ("O", 1.0210, 1.1863, 0.4737),
    ("H", -1.5117, -0.2157, -1.7265),
    ("H", -0.5959, 1.0506, -1.2102),
    ("H", -1.3331, -0.4311, 0.6739),
    ("H", -0.3692, -1.6720, -0.1505),
    ("H", 1.8009, 1.4661, 0.9783),
)
_TRANS_AZOBENZENE: Geometry = (
    ("C", 2.5524, 0.7735, 1.2434),
    ("C", 3.9211, 0.6139, 1.1803),
    ("C", 4.4853, -0.1960, 0.2051),
    ("C", 3.6752, -0.8437, -0.7167),
    ("C", 2.3070, -0.6788, -0.6751),
    ("C", 1.7309, 0.1371, 0.3070),
    ("N", 0.3695, 0.2879, 0.4659),
    ("N", -0.3585, 0.0802, -0.5491),
    ("C", -1.7241, 0.0898, -0.3582),
    ("C", -2.5202, 0.3078, -1.4876),
    ("C", -3.8948, 0.2686, -1.3797),
    ("C", -4.4914, -0.0105, -0.1584),
    ("C", -3.7076, -0.2442, 0.9625),
    ("C", -2.3329, -0.1911, 0.8716),
    ("H", 2.0948, 1.4001, 1.9934),
    ("H", 4.5552, 1.1150, 1.8970),
    ("H", 5.5566, -0.3272, 0.1669),
    ("H", 4.1184, -1.4788, -1.4702),
    ("H", 1.6559, -1.1792, -1.3765),
    ("H", -2.0374, 0.5245, -2.4282),
    ("H", -4.5086, 0.4484, -2.2501),
    ("H", -5.5679, -0.0516, -0.0813),
    ("H", -4.1764, -0.4679, 1.9100),
    ("H", -1.7023, -0.3777, 1.7282),
)

BUILT_IN = {
    "glycine": Start(geometry=_GLYCINE),
    "azobenzene": Start(geometry=_TRANS_AZOBENZENE, bridge=(5, 6, 7, 8)),
}
"""Molecules that need no SMILES."""


def find_start(spec: Generate) -> Start:
    """Return the geometry a trajectory starts from.

    Parameters
    ----------
    spec
        What is asked for.

    Raises
    ------
    DataError
        The molecule is neither built in nor given by a usable SMILES, or the path
        is one that it does not have.
    """
    if spec.smiles is None and spec.molecule not in BUILT_IN:
        near = nearest(spec.molecule, BUILT_IN)
        hint = f"{near}{'' if near.endswith('?') else '.'} For others give the SMILES"
        raise DataError(f"no built-in molecule {spec.molecule!r}", hint=hint)
    if spec.smiles is not None and spec.molecule in BUILT_IN:
        what = f"{spec.molecule!r} is built in, a SMILES of another would confuse"
        raise DataError(what, hint="Leave out the SMILES or choose another name")
    start = BUILT_IN[spec.molecule] if spec.smiles is None else embed(spec.smiles)
    if spec.path != "md" and start.bridge is None:
        what = f"the path {spec.path!r} is azobenzene's; {spec.molecule} has no such bridge"
        raise DataError(what, hint="Choose 'md'")
    return start


def embed(smiles: str) -> Start:
    """Build a molecule from its SMILES with RDKit.

    The embedding is ETKDG with a fixed seed, then a MMFF94 or UFF minimum.

    Raises
    ------
    DataError
        RDKit is missing, the SMILES is none, or the molecule is one that closed-shell
        calculations or a single species do not fit.
    """
    chem, force_fields = _rdkit()
    molecule = chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        raise DataError(f"{smiles!r} is not a SMILES that RDKit understands")
    if len(chem.GetMolFrags(molecule)) > 1:
        raise DataError(f"{smiles!r} is more than one molecule")
    if any(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()):
        raise DataError(f"{smiles!r} is a radical, expected a closed shell")
    molecule = chem.AddHs(molecule)
    if force_fields.EmbedMolecule(molecule, randomSeed=0) != 0:
        raise DataError(f"RDKit finds no geometry for {smiles!r}")
    if force_fields.MMFFHasAllMoleculeParams(molecule):
        force_fields.MMFFOptimizeMolecule(molecule)
    elif force_fields.UFFHasAllMoleculeParams(molecule):
        force_fields.UFFOptimizeMolecule(molecule)
    symbols = [atom.GetSymbol() for atom in molecule.GetAtoms()]
    places = molecule.GetConformer().GetPositions().round(4).tolist()
    geometry = tuple((s, x, y, z) for s, (x, y, z) in zip(symbols, places, strict=True))
    return Start(geometry=geometry, charge=chem.GetFormalCharge(molecule))


def _rdkit() -> tuple[Any, Any]:
    try:
        from rdkit import Chem, rdBase
        from rdkit.Chem import AllChem
    except ImportError:
        raise DataError("generating from a SMILES needs RDKit", hint=INSTALL) from None
    rdBase.DisableLog("rdApp.*")  # Its complaints go straight to stderr; we say it ourselves.
    return Chem, AllChem
