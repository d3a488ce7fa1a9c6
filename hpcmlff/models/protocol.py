"""What a trainer is. Numbers only: the store does the input and output.

Two kinds of training have to fit. An optimiser keeps a few MB of state and goes
from step to step; a linear solver writes gigabytes of panels once, reads them back
and has no steps to speak of. So a trainer knows *safe points* instead of epochs,
its state turns into arrays and back, and large immutable blocks go through
`Blocks`, which outlive the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import BaseModel

Arrays = Mapping[str, "NDArray[Any]"]
"""Named arrays of numbers or booleans; names may contain ``.`` and ``_``."""

State = TypeVar("State")
"""A trainer's own state; only the trainer looks inside."""

State_contra = TypeVar("State_contra", contravariant=True)
"""The same, where it is only taken."""

Predict = Callable[["NDArray[np.float64]"], tuple["NDArray[np.float64]", "NDArray[np.float64]"]]
"""Takes positions, ``(n_frames, n_atoms, 3)``, Å; returns energies, ``(n_frames,)``, kcal/mol,
and forces, ``(n_frames, n_atoms, 3)``, kcal/mol/Å."""

ShouldStop = Callable[[], bool]
"""Asked at each safe point; true once a commit is due or the job must end."""


class Blocks(Protocol):
    """Large write-once arrays that belong to a cell and outlive a process."""

    def has(self, name: str) -> bool:
        """Tell whether a block was finished."""
        ...

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Keep a block for good; an equal second write is harmless."""
        ...

    def get(self, name: str) -> NDArray[Any]:
        """Return a finished block, read-only and mapped from disk."""
        ...

    def expect(self, name: str) -> None:
        """Have a finished block read from disk beside the work; a hint and no more."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Samples:
    """Frames a trainer may see."""

    positions: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, Å."""
    energies: NDArray[np.float64]
    """``(n_frames,)``, kcal/mol."""
    forces: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, kcal/mol/Å."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """What the job may use; never what the node has."""

    threads: int = 1
    """Threads of the numerical libraries."""
    mem_gb: float = 4.0
    """Memory in GiB."""
    device: str = "cpu"
    """``cpu`` or ``cuda``."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Task:
    """All a trainer gets. The test set is not in it."""

    species: NDArray[np.int64]
    """``(n_atoms,)``, atomic numbers."""
    train: Samples
    """Training frames."""
    validation: Samples
    """Validation frames."""
    settings: Any
    """An instance of the trainer's settings model."""
    seed: int
    """Seed of the training's random streams; no other cell has it."""
    allocation: Allocation
    """Threads, memory and device."""
    blocks: Blocks
    """Where large parts of the state are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a training is."""

    step: int
    """Steps done."""
    steps: int
    """Steps in all."""
    loss: float | None = None
    """Newest validation loss; None before the first validation."""
    finished: bool = False
    """Nothing is left to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """What an estimate is made from, before any data is read by a job."""

    n_atoms: int
    """Atoms in the molecule."""
    n_train: int
    """Training frames."""
    n_validation: int
    """Validation frames."""
    threads: int = 1
    """Threads of the numerical libraries."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """What `MeasuresRates.rates` last returned on the cluster's machines; empty when
    nothing was measured yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a training needs; rough, and on the side of too much."""

    mem_gb: float
    """Memory the training is comfortable with, GiB."""
    least_mem_gb: float
    """Memory below which it cannot be trained at all, GiB; a trainer that cannot give
    time for memory states `mem_gb` again."""
    disk_gb: float
    """Blocks and checkpoints in GiB."""
    cpu_s: float
    """CPU time in seconds, that of waiting threads included: the training lasts
    ``cpu_s / threads``."""
    freed_gb: float = 0.0
    """Part of `disk_gb` that is free again once the training is done, GiB."""


class Trainer(Protocol[State]):
    """Turns a task into a model, interruptible and repeatable.

    For equal tasks the final model is the same whether the training ran in one
    piece or was stopped at any safe point and restored from its arrays. The
    conformance suite in `hpcmlff.testing` proves it of any trainer.
    """

    def start(self, task: Task) -> State:
        """Return the state before the first step.

        Raises
        ------
        TrainingError
            The task cannot be trained; `hpcmlff.errors` has a kind for each cause that
            `hpcmlff.diagnosis` tells apart, such as `UnusableFrames`.
        """
        ...

    def advance(self, task: Task, state: State, should_stop: ShouldStop) -> State:
        """Train until finished, or to the first safe point where `should_stop` holds.

        At least one step is made, so that repeated calls always get to the end.

        Raises
        ------
        TrainingError
            The training failed for good, for example `NotPositiveDefinite` or
            `Diverged`.
        """
        ...

    def progress(self, state: State) -> Progress:
        """Tell how far the training is. Cheap: called at every safe point."""
        ...

    def to_arrays(self, state: State) -> Arrays:
        """Return all of the state that is not in blocks, as arrays of numbers."""
        ...

    def from_arrays(self, task: Task, arrays: Arrays) -> State:
        """Restore what `to_arrays` returned; training goes on bit by bit the same."""
        ...

    def model(self, task: Task, state: State) -> Arrays:
        """Return the finished model as arrays: all that prediction needs."""
        ...

    def predict(
        self, task: Task, model: Arrays, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict energies and forces.

        Parameters
        ----------
        task
            The task, for species, settings and allocation.
        model
            What `model` returned.
        positions
            ``(n_frames, n_atoms, 3)``, Å.

        Returns
        -------
        energies
            ``(n_frames,)``, kcal/mol, of the whole molecule.
        forces
            ``(n_frames, n_atoms, 3)``, kcal/mol/Å.
        """
        ...


@runtime_checkable
class KeepsPredictor(Protocol):
    """What a trainer may offer besides `Trainer`: a model made ready once, for many calls.

    Dynamics ask for one frame at a time. A trainer whose `Trainer.predict` has to build
    something first had better offer this, and call it from there: there is one prediction.
    """

    def predictor(self, task: Task, model: Arrays) -> Predict:
        """Return what predicts as `Trainer.predict` with these arguments does, bit by bit.

        Parameters
        ----------
        task
            The task, for species, settings and allocation.
        model
            What `Trainer.model` returned; must not be changed afterwards.
        """
        ...


@runtime_checkable
class Exporter(Protocol):
    """A trainer whose models can be written in the format of the package they come from."""

    export_suffix: str
    """Ending of the file, such as ``.npz``."""

    def export(self, task: Task, model: Arrays, path: Path) -> None:
        """Write a model.

        Parameters
        ----------
        task
            The task it was trained for.
        model
            What `Trainer.model` returned.
        path
            The file.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        ...


@runtime_checkable
class MeasuresRates(Protocol[State_contra]):
    """What a trainer may offer besides `Trainer`: how fast this machine was.

    The worker asks after a finished training and keeps the answer in the store, where
    later estimates for the same cluster find it as `Size.rates`.
    """

    def rates(self, state: State_contra) -> Mapping[str, float]:
        """Return what was measured by this process, positive numbers by name.

        Names have letters, digits, ``_``, ``+``, ``.`` and ``-``, and their unit at the
        end. Empty where too little was done to tell.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Curve:
    """The validations of a training so far."""

    steps: NDArray[np.int64]
    """``(n,)``, steps done at each of them, increasing."""
    losses: NDArray[np.float64]
    """``(n,)``, in the unit of `Progress.loss`."""


@runtime_checkable
class KeepsCurve(Protocol[State_contra]):
    """What a trainer may offer besides `Trainer`: how its loss fell.

    The worker writes it beside each checkpoint, for people to look at and to tell
    whether the training ended too early. It has to be part of the state's arrays: a
    training that was resumed shows all of it.
    """

    def curve(self, state: State_contra) -> Curve:
        """Return all validations so far."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainerEntry:
    """A trainer as the registry knows it, without importing what it trains with.

    Entry points of the group ``hpcmlff.trainers`` name an instance of this.
    """

    name: str
    """The name users write under ``model``."""
    version: int
    """Raised when equal settings give another result; part of a cell's identity."""
    settings: type[BaseModel]
    """Hyperparameters with defaults and limits; unknown keys refused."""
    engine: str
    """``module:Class`` of the `Trainer`, imported on compute nodes only."""
    requires: tuple[str, ...] = ()
    """Modules it imports, looked up but not imported by `submit`."""
    extra: str = ""
    """Extra of this package that installs them."""
    estimate: Callable[[Any, Size], Estimate]
    """Memory, disk and time for settings and sizes; cheap, and imports nothing heavy."""
