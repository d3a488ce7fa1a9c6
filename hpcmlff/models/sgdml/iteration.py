"""Preconditioned conjugate gradients, one iteration after the other.

Hestenes and Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.cg_state import CgState
    from hpcmlff.models.sgdml.operator import Operator
    from hpcmlff.models.sgdml.preconditioner import Preconditioner


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Iteration:
    """Turns a state into the next one, and keeps none itself."""

    operator: Operator
    """The kernel matrix."""
    preconditioner: Preconditioner
    """Its approximate inverse."""
    labels: NDArray[np.float64]
    """``(n,)``."""
    lam: float
    """Added to the kernel matrix's diagonal."""
    tolerance: float
    """Norm of the residual over that of the labels, at most."""

    def next(self, state: CgState) -> CgState:
        """Make one iteration; converged if the residual, computed anew, is small enough.

        Parameters
        ----------
        state
            Not converged, the preconditioner built.

        Raises
        ------
        numpy.linalg.LinAlgError
            The matrix or its preconditioner is not positive definite, or a number is
            not finite.
        """
        if not len(state.solution):
            zero = np.zeros_like(self.labels)
            state = self._aimed(replace(state, solution=zero, residual=self.labels))
        state = self._moved(state)
        if state.relative > self.tolerance:
            return self._aimed(state)
        # Rounding carries the residual away from what the solution really leaves.
        residual = self.labels - self._product(state.solution)
        state = replace(state, residual=residual, relative=self._relative(residual))
        if state.relative <= self.tolerance:
            return replace(state, converged=True)
        # Directions up to now belong to the other residual.
        return self._aimed(replace(state, weight=0.0, restarts=state.restarts + 1))

    def _moved(self, state: CgState) -> CgState:
        product = self._product(state.direction)
        length = state.weight / _positive(float(state.direction @ product))
        residual = state.residual - length * product
        return replace(
            state,
            solution=state.solution + length * state.direction,
            residual=residual,
            relative=self._relative(residual),
            iterations=state.iterations + 1,
        )

    def _aimed(self, state: CgState) -> CgState:
        """Return the state with its next direction; a first one where the weight is zero."""
        direction = self.preconditioner.apply(state.residual)
        weight = _positive(float(state.residual @ direction))
        if state.weight:
            direction += weight / state.weight * state.direction
        return replace(state, direction=direction, weight=weight)

    def _product(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.operator.product(vector) + self.lam * vector

    def _relative(self, residual: NDArray[np.float64]) -> float:
        return float(np.linalg.norm(residual) / np.linalg.norm(self.labels))


def _positive(value: float) -> float:
    if not (value > 0 and np.isfinite(value)):
        raise np.linalg.LinAlgError("not positive definite")
    return value
