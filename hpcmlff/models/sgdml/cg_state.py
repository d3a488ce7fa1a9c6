"""How far the iterative solver is, and its form as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays

_VECTORS = ("solution", "residual", "direction")


def _none() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CgState:
    """All that the next iteration depends on, besides blocks."""

    n_columns: int
    """Columns of the preconditioner; decided once, whatever memory a later job has."""
    built: int = 0
    """Finished blocks of the preconditioner, the columns themselves the first of them."""
    iterations: int = 0
    """Iterations done."""
    solution: NDArray[np.float64] = field(default_factory=_none)
    """``(n,)``, what there is of it; empty before the first iteration."""
    residual: NDArray[np.float64] = field(default_factory=_none)
    """``(n,)``, what it leaves of the labels."""
    direction: NDArray[np.float64] = field(default_factory=_none)
    """``(n,)``, where the next iteration goes."""
    weight: float = 0.0
    """Residual times preconditioned residual."""
    relative: float = 1.0
    """Norm of the residual over the labels' norm."""
    restarts: int = 0
    """How often the residual was computed anew, since rounding had carried it away."""
    converged: bool = False
    """Whether the solution's own residual was computed and is small enough."""


def to_arrays(state: CgState) -> dict[str, NDArray[Any]]:
    """Return the state as arrays of numbers."""
    return {one.name: np.array(getattr(state, one.name)).reshape(-1) for one in fields(state)}


def from_arrays(arrays: Arrays) -> CgState:
    """Restore what `to_arrays` returned.

    Parameters
    ----------
    arrays
        At least those arrays; others are left alone.
    """
    own: dict[str, Any] = {name: np.array(arrays[name]) for name in _VECTORS}
    for one in fields(CgState):
        if one.name not in own:
            own[one.name] = arrays[one.name][0].item()
    return CgState(**own)
