"""Hyperparameters of the networks and of their training."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from hpcmlff.spec.strict import Strict

Option = bool | int | float | str
"""What a representation of schnetpack may be given."""


class NetworkSettings(Strict):
    """Settings that all of schnetpack's representations have, and those of the training."""

    features: int = Field(default=64, ge=4, le=1024)
    """Length of an atom's feature vector, and number of filters."""
    interactions: int = Field(default=3, ge=1, le=12)
    """Interaction blocks."""
    cutoff: float = Field(default=5.0, ge=1.0, le=30.0)
    """Radius within which atoms see each other, Å."""
    gaussians: int = Field(default=20, ge=2, le=500)
    """Radial basis functions, spread evenly from 0 to the cutoff."""
    batch_size: int = Field(default=10, ge=1, le=10_000)
    """Training frames in one step; all of them where there are fewer."""
    steps: Annotated[int, Field(ge=1, le=10_000_000)] | Literal["auto"] = "auto"
    """Optimiser steps in all, over which the learning rate falls to zero. ``auto`` takes
    25,000 (SchNet 40,000), or 1,000 passes through the training frames where that is more."""
    hours: float | None = Field(default=None, gt=0, le=1000)
    """Instead of steps: as many as take so long on the machine that begins the training. They are
    counted once, by a measurement, and kept with the model: given as ``steps`` they repeat it."""
    learning_rate: float = Field(default=1e-3, gt=0, le=1.0)
    """Learning rate of the first step; a cosine leads it to zero."""
    weight_decay: float = Field(default=0.001, ge=0, le=1.0)
    """Decoupled weight decay of AdamW, per unit of learning rate."""
    ema_decay: float = Field(default=0.999, ge=0, lt=1)
    """Decay per step of the averaged weights, which are validated and kept."""
    energy_weight: float = Field(default=0.01, ge=0)
    """Weight of the mean squared energy error, per molecule, in (kcal/mol)⁻²."""
    force_weight: float = Field(default=0.99, ge=0)
    """Weight of the mean squared force error, per component, in (kcal/mol/Å)⁻²."""
    gradient_norm: float | None = Field(default=None, gt=0)
    """Longest gradient of the loss; longer ones are shortened to it."""
    validate_every: int = Field(default=500, ge=1)
    """Steps between validations; the last step is always validated."""
    patience: int | None = Field(default=None, ge=1)
    """Validations in a row without a better one after which the training ends early."""
    rollbacks: int = Field(default=3, ge=0, le=20)
    """How often a training that diverges goes back to the last good validation and on from there
    with half the learning rate, before it is given up."""
    tf32: bool = False
    """On GPUs: products with ten bits of mantissa. Faster, and less exact."""

    @model_validator(mode="after")
    def _one_budget(self) -> NetworkSettings:
        if self.hours is not None and self.steps != "auto":
            raise ValueError("give steps or hours, not both")
        return self

    fewest_steps: ClassVar[int] = 25_000
    """The least that ``auto`` takes."""

    @property
    def representation_class(self) -> str:
        """Name of the class in ``schnetpack.representation``."""
        raise NotImplementedError

    @property
    def representation_options(self) -> dict[str, Option]:
        """Further arguments of that class."""
        return {}

    def budget(self, n_train: int) -> int:
        """Return the optimiser steps for a number of training frames, if hours say nothing."""
        if self.steps != "auto":
            return self.steps
        per_pass = n_train // min(self.batch_size, n_train)
        return max(self.fewest_steps, 1_000 * per_pass)


class DenseSettings(NetworkSettings):
    """Settings of representations whose steps can be compiled."""

    compile: bool | Literal["auto"] = "auto"
    """Compile the training step. It takes half a minute to a minute at the start of a job, less
    where the machine has done it before, and makes steps of small molecules about twice as fast.
    ``auto`` compiles where the training is long enough and the machine has a C++ compiler; what
    was decided at the start holds to the end."""
    cuda_graphs: bool = False
    """On GPUs, compiled: record a step once and replay it."""


class SchNetSettings(DenseSettings):
    """Settings of SchNet.

    A learning rate of 3e-3 needs fewer steps on 200 frames of glycine, but on 1,000 its validation
    loss is no better after 200,000 steps than that of 1e-3 after 130,000.
    """

    fewest_steps: ClassVar[int] = 40_000
    """The least that ``auto`` takes."""

    @property
    def representation_class(self) -> str:
        """Name of the class in ``schnetpack.representation``."""
        return "SchNet"


class PaiNNSettings(DenseSettings):
    """Settings of PaiNN, whose features have directions, too."""

    @property
    def representation_class(self) -> str:
        """Name of the class in ``schnetpack.representation``."""
        return "PaiNN"


class SchNetPackSettings(NetworkSettings):
    """Settings of any further representation of schnetpack."""

    representation: str = Field(default="SO3net", pattern=r"^[A-Za-z]\w*$")
    """Class in ``schnetpack.representation``."""
    options: dict[str, Option] = Field(default_factory=dict)
    """Further arguments of that class, such as ``lmax`` of SO3net."""

    @property
    def representation_class(self) -> str:
        """Name of the class in ``schnetpack.representation``."""
        return self.representation

    @property
    def representation_options(self) -> dict[str, Option]:
        """Further arguments of that class."""
        return self.options
