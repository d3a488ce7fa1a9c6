"""sGDML: symmetric gradient-domain machine learning, by the sgdml package.

A kernel model of the forces whose integral is the energy (Chmiela et al., Nature
Communications 9, 3887 (2018)). Training solves one dense linear system of
``(3 · n_atoms - 6) · n_train`` unknowns; candidates for the length scale are compared with
fewer training frames before.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from hpcmlff.models.protocol import TrainerEntry
from hpcmlff.models.sgdml.cost import estimate
from hpcmlff.spec.strict import Strict

Sigma = Annotated[int, Field(ge=1, le=10_000)]
"""A length scale. Whole, since the package's torch predictor cuts off the fraction."""


class SgdmlSettings(Strict):
    """Settings of sGDML."""

    sigma: Literal["auto"] | Sigma | Annotated[list[Sigma], Field(min_length=1, max_length=20)] = (
        "auto"
    )
    """Length scale of the kernel, 1/Å (the descriptor is the inverse distances of all
    pairs of atoms). Of a list, or of candidates around 5 to 80 with ``auto``, the smallest
    within 1 % of the lowest validation force RMSE is taken. All of them are tried, each with a
    quarter of the training frames or more; the one that is taken is trained with all."""
    lam: float = Field(default=1e-10, gt=0, le=1)
    """Regularisation: added to the kernel matrix's diagonal, in the matrix's own
    units."""
    symmetries: bool = True
    """Find the molecule's permutation symmetries in the training frames and build them
    into the kernel; without them the model is plain GDML."""
    energy_constraint: bool = False
    """Fit training energies together with forces; otherwise energies come from the
    integrated forces and one constant."""

    solver: Literal["analytic", "cg"] = "analytic"
    """``analytic`` factorises the kernel matrix; ``cg`` iterates, with a preconditioner,
    which is less exact and can be faster for very large systems. Length scales are compared by
    factorisation in any case."""
    tolerance: float = Field(default=1e-4, gt=0, lt=1)
    """Of ``cg``: norm of what the solution leaves of the labels over the labels' norm."""

    @field_validator("sigma")
    @classmethod
    def _unequal(cls, value: str | int | list[int]) -> str | int | list[int]:
        if isinstance(value, list) and len(set(value)) < len(value):
            raise ValueError("a candidate for sigma stands in the list twice")
        return value


SGDML = TrainerEntry(
    name="sgdml",
    version=3,
    settings=SgdmlSettings,
    engine="hpcmlff.models.sgdml.engine:SgdmlTrainer",
    requires=("numba", "sgdml", "threadpoolctl"),
    extra="sgdml",
    estimate=estimate,
)
"""The registry's entry."""
