"""The grid file: what a chemist writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from hpcmlff.spec.dynamics import MdSettings
from hpcmlff.spec.on_failure import OnFailure
from hpcmlff.spec.resources import ResourceRule
from hpcmlff.spec.scan import ScanRequest
from hpcmlff.spec.strict import Strict

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$", max_length=64)]
"""A name that is also a folder's name: letters, digits, ``_``, ``+`` and ``-``."""

FileFormat = Literal["published-xyz", "extxyz", "npz", "ase-db"]
"""How a file of frames is written."""


class Units(Strict):
    """Units of a file's numbers; forces are energy over length."""

    energy: str
    """Such as ``kcal/mol``, ``eV``, ``Hartree``, ``kJ/mol``."""
    length: str
    """``angstrom``, ``bohr`` or ``nm``."""


class Generate(Strict):
    """Frames made by GFN2-xTB instead of read from a file."""

    molecule: str
    """``glycine``, ``azobenzene``, or any name together with ``smiles``."""
    smiles: str | None = None
    """Structure of a molecule that is not built in."""
    path: Literal["md", "rotation", "inversion"] = "md"
    """Free dynamics, or a driven change of azobenzene's central bridge."""
    frames: int = Field(ge=1)
    """Number of frames."""
    seed: int = Field(default=0, ge=0)
    """Chooses velocities and thermal noise."""


class Molecule(Strict):
    """Where a molecule's frames come from, and its official split if it has one."""

    path: Path | None = None
    """File of frames, relative to the grid file."""
    generate: Generate | None = None
    """Or how to make them."""
    format: FileFormat | None = None
    """Recognised from the file if left out."""
    units: Units | None = None
    """Needed unless the file itself states them."""
    test_path: Path | None = None
    """An official test set in a file of its own, of the same format and units."""
    train_indices: Path | None = None
    """Frame numbers that training may use (text, one a line, or npy)."""
    validation_indices: Path | None = None
    """Frame numbers of the validation set."""
    test_indices: Path | None = None
    """Frame numbers of the test set."""
    index_base: Literal[0, 1] = 0
    """Number of the first frame in those files."""

    @model_validator(mode="after")
    def _one_source(self) -> Molecule:
        if (self.path is None) == (self.generate is None):
            raise ValueError("a molecule needs either 'path' or 'generate'")
        if self.test_path and self.test_indices:
            raise ValueError("name the test set by 'test_path' or by 'test_indices', not both")
        return self


class Axes(Strict):
    """The axes of the grid; further keys are hyperparameters such as ``sgdml.sigma``."""

    model_config = ConfigDict(extra="allow")

    model: list[str] = Field(min_length=1)
    """Trainers by name."""
    molecule: list[str] | None = Field(default=None, min_length=1)
    """Molecules by name; all of them if left out."""
    size: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """Numbers of training frames."""
    seed: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    """Seeds."""


class SplitSettings(Strict):
    """How frames are shared out; the same test set for every model and size."""

    validation: int = Field(default=200, ge=1)
    """Number of validation frames."""
    test: int = Field(default=1000, ge=1)
    """Number of test frames."""
    kind: Literal["random", "blocks"] = "random"
    """``blocks`` deals out runs of neighbouring frames, so that a trajectory's
    neighbours do not stand on both sides."""
    block_frames: int = Field(default=100, ge=2)
    """Frames in a block."""


class Grid(Strict):
    """One experiment."""

    name: Name
    """Its name; a store belongs to one grid."""
    store: Path
    """Folder of results, relative to the grid file."""
    molecules: dict[Name, Molecule] = Field(min_length=1)
    """The molecules by name."""
    axes: Axes
    """What is varied."""
    exclude: list[dict[str, Any]] = Field(default_factory=list)
    """Conditions of points to leave out."""
    include: list[dict[str, Any]] = Field(default_factory=list)
    """Further points: each entry gives a value or a list for every axis."""
    split: SplitSettings = SplitSettings()
    """Validation and test sets."""
    evaluate: list[Literal["errors", "md", "scan"]] = Field(default=["errors"])
    """What is done with finished cells: test errors always, dynamics, a scan."""
    md: MdSettings = MdSettings()
    """Settings of the dynamics."""
    scan: ScanRequest | None = None
    """Coordinate and range of the scan."""
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Settings of each trainer."""
    resources: list[ResourceRule] = Field(default_factory=list)
    """What cells may use."""
    on_failure: OnFailure = OnFailure()
    """What follows an attempt that ended too early, by its cause; wins over the profile's."""

    @model_validator(mode="after")
    def _scan_is_said(self) -> Grid:
        if "scan" in self.evaluate and self.scan is None:
            raise ValueError("'evaluate' names a scan: say of what, as in scan: {path: rotation}")
        return self
