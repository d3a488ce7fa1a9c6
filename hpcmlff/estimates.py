"""What cells need, asked of their trainers once for every kind of cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hpcmlff.data.extent import Extent, stored_extent
from hpcmlff.errors import GridError
from hpcmlff.evidence.experience import Experience
from hpcmlff.models import registry
from hpcmlff.models.protocol import Size
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.spec.needs import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.evidence.experience import Taken
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.resources import Asked
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

RatesOf = Callable[[str, str], "Mapping[str, float]"]
"""Model and device to the rates measured on the cluster."""

TakenBy = Callable[["Kind"], "Sequence[Taken]"]
"""A kind to what its finished cells have taken on the cluster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What cells that differ in their seeds only have in common."""

    model: str
    """Name of the trainer."""
    molecule: str
    """Name of the molecule."""
    size: int
    """Training frames."""
    settings: str
    """Hyperparameters as JSON."""


def taken_by_none(kind: Kind) -> Sequence[Taken]:  # noqa: ARG001 - a `TakenBy`
    """Know of no finished cell."""
    return ()


def kind_of(cell: Cell) -> Kind:
    """Return the kind of a cell."""
    settings = canonical_json(dict(cell.settings))
    return Kind(model=cell.model, molecule=cell.molecule, size=cell.size, settings=settings)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Estimates:
    """The trainers' estimates for one cluster, none of them made twice."""

    extent_of: Callable[[str], Extent]
    """Molecule to the size of its data."""
    rates_of: RatesOf
    """Model and device to measured rates."""
    taken_by: TakenBy = taken_by_none
    """Kind to what its finished cells have taken; it comes before rates."""
    _settings: dict[tuple[str, str], Any] = field(default_factory=dict)
    _extents: dict[str, Extent] = field(default_factory=dict)
    _rates: dict[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)
    _needs: dict[tuple[Kind, int, str], Need] = field(default_factory=dict)

    def need(self, kind: Kind, asked: Asked) -> Need:
        """Return what cells of a kind need with these cores.

        Raises
        ------
        GridError
            The trainer is not installed, or does not know such settings any more.
        DataError
            The molecule's dataset is damaged.
        """
        key = (kind, asked.cpus, "cuda" if asked.gpus else "cpu")
        if key not in self._needs:
            self._needs[key] = self._estimated(*key)
        return self._needs[key]

    def largest_size(self, kind: Kind, asked: Asked, mem_gb: float) -> int:
        """Return the most training frames that this memory suffices for; 0 for none."""
        fits, too_many = 0, kind.size
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            need = self.need(replace(kind, size=middle), asked)
            fits, too_many = (middle, too_many) if need.least_mem_gb <= mem_gb else (fits, middle)
        return fits

    def _estimated(self, kind: Kind, threads: int, device: str) -> Need:
        extent, rates = self._extent(kind.molecule), self._known_rates(kind.model, device)
        size = Size(
            n_atoms=extent.n_atoms,
            n_train=kind.size,
            n_validation=extent.n_validation,
            threads=threads,
            rates=rates,
        )
        found = registry.entry(kind.model).estimate(self._checked(kind), size)
        taken_s = self._taken_s(kind, threads, device)
        return Need(
            mem_gb=max(found.mem_gb, found.least_mem_gb),
            least_mem_gb=found.least_mem_gb,
            disk_gb=found.disk_gb,
            freed_gb=found.freed_gb,
            # The median; of an even number the longer of the two in the middle.
            wall_s=taken_s[len(taken_s) // 2] if taken_s else found.cpu_s / threads,
            measured=bool(rates or taken_s),
            finished=len(taken_s),
        )

    def _taken_s(self, kind: Kind, threads: int, device: str) -> list[float]:
        """Return how long finished cells took with as many threads, in order."""
        like = (threads, device)
        found = self.taken_by(kind)
        return sorted(one.wall_s for one in found if (one.threads, one.device) == like)

    def _extent(self, molecule: str) -> Extent:
        if molecule not in self._extents:
            self._extents[molecule] = self.extent_of(molecule)
        return self._extents[molecule]

    def _known_rates(self, model: str, device: str) -> Mapping[str, float]:
        if (model, device) not in self._rates:
            self._rates[model, device] = self.rates_of(model, device)
        return self._rates[model, device]

    def _checked(self, kind: Kind) -> Any:
        key = (kind.model, kind.settings)
        if key not in self._settings:
            try:
                entry = registry.entry(kind.model)
                self._settings[key] = entry.settings.model_validate_json(kind.settings)
            except ValidationError as error:
                where = f"{kind.model}/{kind.molecule}/n{kind.size}"
                what = f"its settings are none of {kind.model} any more: {error.errors()[0]['msg']}"
                hint = "Submit the grid again: it gets new cells"
                raise GridError(what, where=where, hint=hint) from None
        return self._settings[key]


def stored_estimates(store: Store, frozen: FrozenGrid, profile: str) -> Estimates:
    """Return the estimates for the cells of a frozen grid.

    Parameters
    ----------
    store
        The store, with the frames, the measured rates and finished cells.
    frozen
        The grid.
    profile
        Name of the cluster's profile.
    """
    n_validation = int(frozen.grid["split"]["validation"])
    experience = Experience(store.layout, profile)
    return Estimates(
        extent_of=lambda name: stored_extent(store.layout.dataset(name), n_validation),
        rates_of=lambda model, device: store.rates.read(profile, model, device),
        taken_by=lambda kind: experience.of(**asdict(kind)),
    )
