"""Hyperparameters of SchNet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hpcmlff.spec.strict import Strict


class SchNetSettings(Strict):
    """Settings of the network and of its training.

    The defaults were chosen on 200 training frames of glycine, where they take about
    190 seconds of one core. A learning rate of 1e-3 for 18,000 steps left force errors
    8 and 20 % larger on two splits. The same steps on 1,000 frames end too early.
    """

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
    25,000, or 1,000 passes through the training frames where that is more."""
    learning_rate: float = Field(default=3e-3, gt=0, le=1.0)
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

    def budget(self, n_train: int) -> int:
        """Return the optimiser steps for a number of training frames."""
        if self.steps != "auto":
            return self.steps
        per_pass = n_train // min(self.batch_size, n_train)
        return max(25_000, 1_000 * per_pass)
