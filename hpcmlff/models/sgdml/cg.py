"""The iterative solver: conjugate gradients that can be stopped after every iteration.

The kernel matrix is positive definite here, so the solution x of ``(K + λ) x = y`` is the
negative of what sgdml calls alphas.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

from hpcmlff.errors import TooLittleMemory, TrainingError
from hpcmlff.models.sgdml.cg_size import MOST_ITERATIONS, CgSize, least_size, size_for, wanted_size
from hpcmlff.models.sgdml.cg_state import CgState
from hpcmlff.models.sgdml.iteration import Iteration
from hpcmlff.models.sgdml.nystroem import Building
from hpcmlff.models.sgdml.operator import make_operator
from hpcmlff.models.sgdml.preconditioner import finished

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Blocks, ShouldStop
    from hpcmlff.models.sgdml.kernel import Kernel

TOLERANCE = 1e-4
"""As stock sgdml's solver."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CgSolver:
    """A linear system ``(K + lam) x = labels``, to be solved by iteration.

    Safe points are after each block of the preconditioner and after each iteration. From
    each of them the solution is the same, bit by bit, whether the process goes on or
    another one does. Iterations do not depend on the number of threads; blocks may, in
    their last bits, where some process had not finished them.
    """

    kernel: Kernel
    """The kernel matrix."""
    labels: NDArray[np.float64]
    """``(n,)``, in the kernel's order of unknowns; not all zero."""
    lam: float
    """Regularisation, added to the kernel matrix's diagonal."""
    seed: int
    """Of the choice of the preconditioner's columns."""
    blocks: Blocks
    """Where the preconditioner is kept."""
    key: str
    """Tells its blocks from those of other systems."""
    tolerance: float = TOLERANCE
    """Norm of ``labels - (K + lam) x`` over that of the labels, at most."""
    most_iterations: int = MOST_ITERATIONS
    """Iterations after which it is given up."""
    _running: dict[int, Iteration] = field(default_factory=dict, init=False, repr=False)

    def start(self, mem_gb: float) -> CgState:
        """Return the state before the first step.

        Parameters
        ----------
        mem_gb
            The job's memory in GiB; decides on the number of columns.

        Raises
        ------
        TooLittleMemory
            It does not hold a preconditioner that is of use.
        """
        size = size_for(*self._shape, mem_gb)
        if size is None:
            raise TooLittleMemory(
                f"the iterative solver needs {least_size(*self._shape).mem_gb:.2f} GiB for "
                f"{self.kernel.n} unknowns, the job has {mem_gb:.2f} GiB",
                hint="Raise mem_gb in the grid's 'resources'",
            )
        return CgState(n_columns=size.n_columns)

    def advance(self, state: CgState, should_stop: ShouldStop) -> CgState:
        """Go on until converged, or to the first safe point where `should_stop` holds.

        Parameters
        ----------
        state
            What `start`, `advance` or `from_arrays` returned.
        should_stop
            Asked after each step.

        Raises
        ------
        TrainingError
            The tolerance was not reached within the most iterations.
        numpy.linalg.LinAlgError
            The matrix is not positive definite in double precision.
        """
        while not self.finished(state):
            state = self.step(state)
            if should_stop():
                break
        return state

    def step(self, state: CgState) -> CgState:
        """Go on to the next safe point; raises what `advance` raises."""
        building = self._building(state)
        if state.built < len(building.parts):
            with self._libraries.limit(limits=self.kernel.threads):
                building.get(list(building.parts)[state.built])
            return replace(state, built=state.built + 1)
        # Threads share out whole products, so that their number does not matter.
        with self._libraries.limit(limits=1):
            state = self._iteration(building).next(state)
        if state.iterations >= self.most_iterations and not state.converged:
            raise self._not_reached(state)
        return state

    def finished(self, state: CgState) -> bool:
        """Tell whether the tolerance is reached, by a residual computed anew."""
        return state.converged

    def solution(self, state: CgState) -> NDArray[np.float64]:
        """Return x, ``(n,)``; sgdml's alphas are its negative."""
        return state.solution

    def flush(self) -> None:
        """Do nothing: blocks are on disk once they are there."""

    def work(self, state: CgState) -> tuple[int, int]:
        """Return steps done and in all; of iterations, all that there may be."""
        steps = len(self._building(state).parts) + self.most_iterations
        return steps if state.converged else state.built + state.iterations, steps

    @property
    def _shape(self) -> tuple[int, int]:
        return self.kernel.n_frames, self.kernel.n // self.kernel.n_frames

    @cached_property
    def _libraries(self) -> ThreadpoolController:
        return ThreadpoolController()

    def _building(self, state: CgState) -> Building:
        n_frames, per_frame = self._shape
        return Building(
            kernel=self.kernel,
            size=CgSize(n_frames=n_frames, per_frame=per_frame, n_columns=state.n_columns),
            lam=self.lam,
            seed=self.seed,
            blocks=self.blocks,
            # A job that died before its first commit may have had other memory.
            key=f"{self.key}-{state.n_columns}",
        )

    def _iteration(self, building: Building) -> Iteration:
        n_columns = building.size.n_columns
        if n_columns not in self._running:
            self._running[n_columns] = Iteration(
                operator=make_operator(self.kernel),
                preconditioner=finished(building),
                labels=self.labels,
                lam=self.lam,
                tolerance=self.tolerance,
            )
        return self._running[n_columns]

    def _not_reached(self, state: CgState) -> TrainingError:
        wanted = wanted_size(*self._shape)
        memory = (
            f"raise mem_gb to {wanted.mem_gb:.1f}, " if state.n_columns < wanted.n_columns else ""
        )
        return TrainingError(
            f"the iterative solver left {state.relative:.1e} of the labels after "
            f"{state.iterations} iterations with sigma {self.kernel.sigma:g} and lam "
            f"{self.lam:g}, {self.tolerance:g} is allowed",
            hint=f"Raise 'lam' or 'sigma', {memory}or take the analytic solver",
        )
