"""The Nyström preconditioner, built in parts that outlive the process.

With C some columns of K and M the matrix of those columns and the same rows,
``K ≈ C M⁻¹ Cᵀ = B Bᵀ`` where ``M = L Lᵀ`` and ``B = C L⁻ᵀ``; by Woodbury's identity

    (B Bᵀ + λ)⁻¹ = (1 - B (Bᵀ B + λ)⁻¹ Bᵀ) / λ

as sgdml's own solver has it (Chmiela et al., Science Advances 9, eadf0873 (2023)). Panels
of B, its Gram matrix in parts, and both Cholesky factors are blocks, so each is computed
once. sgdml goes on to solve all of B with the second factor; solving one vector in each
iteration instead changes nothing but the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.sgdml.arithmetic import CpuArithmetic
from hpcmlff.models.sgdml.columns import Columns, rows_of
from hpcmlff.models.sgdml.leverage import choose, factor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Blocks
    from hpcmlff.models.sgdml.cg_size import CgSize
    from hpcmlff.models.sgdml.kernel import Kernel


@dataclass(frozen=True, kw_only=True, eq=False)
class Building:
    """A preconditioner in the making."""

    kernel: Kernel
    """The kernel matrix."""
    size: CgSize
    """Number of columns, and how the work is parted."""
    lam: float
    """Regularisation, added to the kernel matrix's diagonal."""
    seed: int
    """Of the choice of columns."""
    blocks: Blocks
    """Where finished parts are kept."""
    key: str
    """Tells these blocks from those of other preconditioners."""

    @cached_property
    def columns(self) -> Columns:
        """The columns, once they are chosen."""
        return Columns(kernel=self.kernel, chosen=self.get("columns").copy())

    @cached_property
    def parts(self) -> dict[str, Callable[[], NDArray[Any]]]:
        """Maker of each block by its name, in the order in which they are made best."""
        panels, tiles = enumerate(self.size.panels()), enumerate(self.size.tiles())
        frames = {f"{k:04d}": frames for k, frames in panels}
        return {
            "columns": self._choice,
            **{f"inside-{k}": partial(self._inside, part) for k, part in frames.items()},
            "factor": self._factor,
            **{f"panel-{k}": partial(self._panel, part) for k, part in frames.items()},
            **{f"gram-{k:04d}": partial(self._gram, rows) for k, rows in tiles},
            "inner": self._inner,
        }

    def get(self, name: str) -> NDArray[Any]:
        """Return a block; it is made if it is missing or was damaged.

        Parameters
        ----------
        name
            Of `parts`.

        Raises
        ------
        numpy.linalg.LinAlgError
            The kernel matrix is not positive definite in double precision.
        OSError
            The disk is full or failing.
        """
        known = f"{self.key}-{name}"
        if not self.blocks.has(known):
            self.blocks.put(known, self.parts[name]())
        return np.asarray(self.blocks.get(known))

    def _choice(self) -> NDArray[np.int64]:
        return choose(self.kernel, self.size, self.lam, self.seed)

    def _inside(self, frames: slice) -> NDArray[np.float64]:
        """Return the rows of M of some frames."""
        return self.columns.inside(frames)

    def _factor(self) -> NDArray[np.float64]:
        """Return L, ``(n_columns, n_columns)``."""
        panels = self.size.panels()
        rows = np.concatenate([rows_of(self.kernel, p) for p in panels])
        order = np.argsort(rows[np.isin(rows, self.columns.chosen)])
        inside = np.concatenate([self.get(f"inside-{k:04d}") for k in range(len(panels))])
        # Forces hang together: those of a frame have neither a sum nor a torque.
        return factor(inside[order], raised=True)

    def _panel(self, frames: slice) -> NDArray[np.float64]:
        """Return the rows of B of some frames."""
        panel = self.columns.panel(frames)
        CpuArithmetic().solve(panel, self.get("factor"))
        return panel

    def _gram(self, rows: slice) -> NDArray[np.float64]:
        """Return some rows of ``Bᵀ B`` up to the diagonal."""
        total = np.zeros((rows.stop - rows.start, rows.stop))
        for k in range(len(self.size.panels())):
            panel = self.get(f"panel-{k:04d}")
            total += panel[:, rows].T @ panel[:, : rows.stop]
        return total

    def _inner(self) -> NDArray[np.float64]:
        """Return the factor of ``Bᵀ B + λ``."""
        inner = np.zeros((self.size.n_columns, self.size.n_columns))
        for k, rows in enumerate(self.size.tiles()):
            inner[rows, : rows.stop] = self.get(f"gram-{k:04d}")
        inner.flat[:: len(inner) + 1] += self.lam
        return factor(inner, raised=False)
