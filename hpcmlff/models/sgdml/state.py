"""How far a training is, and its form as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.models.sgdml import cg_state
from hpcmlff.models.sgdml.cg_size import MOST_ITERATIONS, wanted_size
from hpcmlff.models.sgdml.search import candidates_in_all, search_frames
from hpcmlff.models.sgdml.tiling import Tiling, make_tiling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Task
    from hpcmlff.models.sgdml.cg import CgSolver
    from hpcmlff.models.sgdml.cg_state import CgState
    from hpcmlff.models.sgdml.factorising import Factorisation

_MODEL, _CG = "model.", "cg."
"""Prefixes of the finished model's arrays, and of the iterative solver's."""

_SYMMETRIES_PART = 20
"""Finding the symmetries counts as one in so many parts of the work."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SgdmlState:
    """What is known so far."""

    permutations: NDArray[np.int64] | None = None
    """``(n_perms, n_atoms)``, symmetries; None before they are found."""
    tried: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """``(n_tried,)``, length scales tried with few frames, 1/Å."""
    errors: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """``(n_tried,)``, their validation force RMSE, kcal/mol/Å; infinite where the kernel
    matrix is not positive definite."""
    done: int = 0
    """Work done."""
    work: int
    """Work in all."""
    model: Arrays = field(default_factory=dict)
    """The finished model; empty before."""
    error: float = np.nan
    """Its validation force RMSE, kcal/mol/Å."""
    cg: CgState | None = None
    """The iterative solver's state; None without it."""
    running: Factorisation | CgSolver | None = None
    """The solver in this process's memory; what it has finished is in blocks."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """What this process has measured."""


def first_state(task: Task) -> SgdmlState:
    """Return the state before the first step."""
    return SgdmlState(work=work_of_symmetries(task) + _work_of_others(task))


def work_of_symmetries(task: Task) -> int:
    """Return the work of finding the symmetries, a small part of that of the rest."""
    return max(1, _work_of_others(task) // _SYMMETRIES_PART)


def _work_of_others(task: Task) -> int:
    candidates = candidates_in_all(task.settings) * work_of_candidate(task)
    return candidates + work_of_training(task)


def work_of_training(task: Task) -> int:
    """Return the work of the training with all frames."""
    if task.settings.solver == "cg":
        n_frames, n_atoms, _ = task.train.positions.shape
        # With less memory there are fewer parts; the work in all must not depend on that.
        size = wanted_size(n_frames, 3 * n_atoms + task.settings.energy_constraint)
        return size.parts + MOST_ITERATIONS
    tiling = tiling_of(task)
    return tiling.work + tiling.parts


def work_of_candidate(task: Task) -> int:
    """Return the work of trying a length scale, in units of the training with all frames."""
    n_frames, n_atoms, _ = task.train.positions.shape
    share = search_frames(n_frames, n_atoms) / n_frames
    return max(1, round(tiling_of(task).work * float(share) ** 3))


def tiling_of(task: Task) -> Tiling:
    """Return how the whole kernel matrix is cut."""
    n_frames, n_atoms, _ = task.train.positions.shape
    return make_tiling(n_frames, n_atoms, energies=task.settings.energy_constraint)


def to_arrays(state: SgdmlState) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Return all that is not in blocks."""
    arrays = {_MODEL + name: array for name, array in state.model.items()}
    if state.permutations is not None:
        arrays["permutations"] = state.permutations
    if state.cg is not None:
        arrays |= {_CG + name: array for name, array in cg_state.to_arrays(state.cg).items()}
    return arrays | {
        "tried": state.tried,
        "errors_kcal_mol_ang": state.errors,
        "work": np.array([state.done, state.work]),
        "error_kcal_mol_ang": np.array([state.error]),
    }


def from_arrays(arrays: Arrays) -> SgdmlState:
    """Restore what `to_arrays` returned."""
    own = {name: np.array(array) for name, array in arrays.items()}
    return SgdmlState(
        permutations=own.get("permutations"),
        tried=own["tried"],
        errors=own["errors_kcal_mol_ang"],
        done=int(own["work"][0]),
        work=int(own["work"][1]),
        error=float(own["error_kcal_mol_ang"][0]),
        model=_part(own, _MODEL),
        cg=cg_state.from_arrays(_part(own, _CG)) if _CG + "n_columns" in own else None,
    )


def _part(arrays: Arrays, prefix: str) -> Arrays:
    own = (name for name in arrays if name.startswith(prefix))
    return {name.removeprefix(prefix): arrays[name] for name in own}
