"""What the dense form of a representation is, and which representations have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from hpcmlff.models.schnet.settings import NetworkSettings

MOST_ATOMS = 40
"""Atoms of a molecule for which a table of all pairs is not mostly empty."""

FORMS = ("SchNet", "PaiNN")
"""Representations that have a dense form."""


class Form(Protocol):
    """A representation of schnetpack with its output, for one molecule."""

    frame_axes: tuple[int, ...]
    """Which axis of each tensor of a geometry counts the frames."""

    def geometry(self, positions: NDArray[np.float64]) -> tuple[Tensor, ...]:
        """Expand frames, computed in float64, on the device.

        Parameters
        ----------
        positions
            ``(n_frames, n_atoms, 3)``, Å.
        """
        ...

    def energies_and_forces(
        self, weights: Mapping[str, Tensor], geometry: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Predict expanded frames.

        Parameters
        ----------
        weights
            The network's, by name.
        geometry
            What `geometry` returned, or some of its frames.

        Returns
        -------
        energies
            ``(n_frames,)``, kcal/mol.
        forces
            ``(n_atoms, n_frames, 3)``, kcal/mol/Å.
        """
        ...


def make_form(species: NDArray[np.int64], settings: NetworkSettings, device: str) -> Form:
    """Return the dense form of a representation.

    Parameters
    ----------
    species
        ``(n_atoms,)``, atomic numbers.
    settings
        Name one of `FORMS`.
    device
        ``cpu`` or ``cuda``.
    """
    if settings.representation_class == "PaiNN":
        from hpcmlff.models.schnet.dense.painn import DensePaiNN

        return DensePaiNN(species, settings, device)
    from hpcmlff.models.schnet.dense.schnet import DenseSchNet

    return DenseSchNet(species, settings, device)
