"""Plausibility of a molecule's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.data.consistency import check_consistency
from hpcmlff.data.findings import Finding
from hpcmlff.data.pairs import are_consecutive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames

__all__ = ["Finding", "check_frames"]

CLASH_ANGSTROM = 0.3
"""Atoms closer than this are never found; the shortest bond, H-H, has 0.74 Å."""

HYDROGEN_ANGSTROM = (0.65, 1.65)
"""Median distance of a hydrogen atom from its nearest neighbour: 0.74 Å in H2 to 1.5 Å
in silanes; twice as much in bohr."""

THERMAL_KCAL_MOL_ANG = (1.0, 300.0)
"""Root mean square force component of organic molecules in motion: 25 in the published
glycine set, 30 in rMD17 azobenzene; a mistaken eV or Hartree in energies and
forces alike moves it by a factor of 23 or 627."""

NET_RATIO = 0.05
"""Net force or torque of a free molecule over the forces' size; the published glycine
set has 3e-6, rMD17 azobenzene 1e-7."""

OUTLIER = 12.0
"""Distance of an energy from the median in robust standard deviations; 4 in both."""

COARSE = 1e-3
"""Spacing of single precision over the energies' spread from which it is felt."""


def check_frames(frames: Frames, *, consecutive: bool | None = None) -> list[Finding]:
    """Look for signs that frames are not what they should be.

    Parameters
    ----------
    frames
        The frames.
    consecutive
        Whether frames follow each other as in a trajectory; found out if left out.

    Returns
    -------
    list of Finding
        Errors first, then warnings, then notes. Flipped signs, wrong scales and
        shuffled pairings of energies and forces are errors where they are certain.
    """
    if bad := list(_not_finite(frames)):
        return bad
    found = [*_geometry(frames), *_duplicates(frames), *_net(frames)]
    found += [*_size(frames), *_energies(frames)]
    along = are_consecutive(frames) if consecutive is None else consecutive
    if along:
        text = "frames follow each other as in a trajectory; 'split: {kind: blocks}' would keep"
        text += " neighbours on one side"
        found.append(Finding(severity="note", code="trajectory", text=text))
    if np.ptp(frames.energies) > 0 and frames.forces.any():
        found.append(check_consistency(frames, consecutive=along))
    rank = ("error", "warning", "note")
    return sorted(found, key=lambda one: rank.index(one.severity))


def _not_finite(frames: Frames) -> Iterator[Finding]:
    for name in ("positions", "energies", "forces"):
        bad = np.flatnonzero(~_rows(np.isfinite(getattr(frames, name))).all(axis=1))
        if len(bad):
            text = f"{name} are not finite in {_which(bad)}"
            yield Finding(severity="error", code="not-finite", text=text)


def _rows(array: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return array.reshape(len(array), -1)


def _which(indices: NDArray[np.int64]) -> str:
    """Return ``frame 7``, or ``12 frames, first frame 7``; frames count from 1."""
    first = f"frame {indices[0] + 1}"
    return first if len(indices) == 1 else f"{len(indices)} frames, first {first}"


def _geometry(frames: Frames) -> Iterator[Finding]:
    if frames.n_atoms < 2:
        return
    closest = _nearest_atom(frames)
    clash = np.flatnonzero(closest.min(axis=1) < CLASH_ANGSTROM)
    if len(clash):
        text = (
            f"two atoms are closer than {CLASH_ANGSTROM} Å in {_which(clash)}: is the unit right?"
        )
        yield Finding(severity="error", code="clash", text=text)
    hydrogen = closest[:, frames.species == 1]
    low, high = HYDROGEN_ANGSTROM
    if not len(clash) and hydrogen.size and not low < (median := np.median(hydrogen)) < high:
        text = f"hydrogen atoms are {median:.2f} Å from their neighbours: is the length unit right?"
        yield Finding(severity="warning", code="bond-length", text=text)


def _nearest_atom(frames: Frames) -> NDArray[np.float64]:
    """Return each atom's distance from its nearest neighbour, ``(n_frames, n_atoms)``, Å."""
    closest = np.full(frames.positions.shape[:2], np.inf)
    for atom in range(frames.n_atoms - 1):
        others = frames.positions[:, atom + 1 :] - frames.positions[:, atom : atom + 1]
        distance = np.linalg.norm(others, axis=2)
        np.minimum(closest[:, atom], distance.min(axis=1), out=closest[:, atom])
        np.minimum(closest[:, atom + 1 :], distance, out=closest[:, atom + 1 :])
    return closest


def _duplicates(frames: Frames) -> Iterator[Finding]:
    first: dict[bytes, int] = {}
    original = [first.setdefault(one.tobytes(), n) for n, one in enumerate(frames.positions)]
    earlier = np.array(original, dtype=np.int64)
    copies = np.flatnonzero(earlier != np.arange(len(frames)))
    apart = np.abs(frames.energies[copies] - frames.energies[earlier[copies]]) > 1e-6
    if (~apart).any():
        text = f"positions of earlier frames again in {_which(copies[~apart])}"
        text += ": test frames may be training frames"
        yield Finding(severity="warning", code="duplicate", text=text)
    if apart.any():
        text = f"positions of earlier frames with other energies in {_which(copies[apart])}"
        yield Finding(severity="warning", code="ambiguous", text=text)


def _net(frames: Frames) -> Iterator[Finding]:
    size = _rms(frames.forces)
    centred = frames.positions - frames.positions.mean(axis=1, keepdims=True)
    net_force = _rms(frames.forces.sum(axis=1))
    net_torque = _rms(np.cross(centred, frames.forces).sum(axis=1))
    if net_force > NET_RATIO * size:
        text = f"the net force on the molecule is {net_force / size:.0%} of a force's size"
        yield Finding(severity="warning", code="net-force", text=text)
    if net_torque > NET_RATIO * size * _rms(centred):
        text = f"there is a net torque, {net_torque / (size * _rms(centred)):.0%} of a force's"
        yield Finding(severity="warning", code="net-torque", text=text)


def _size(frames: Frames) -> Iterator[Finding]:
    low, high = THERMAL_KCAL_MOL_ANG
    size = _rms(frames.forces)
    if frames.forces.any() and not low < size < high:
        text = f"a force component is {size:.3g} kcal/mol/Å on the whole: are the units right?"
        yield Finding(severity="warning", code="force-size", text=text)


def _rms(array: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(array**2)))


def _energies(frames: Frames) -> Iterator[Finding]:
    energies = frames.energies
    if not frames.forces.any():
        yield Finding(severity="error", code="no-forces", text="all forces are zero")
    if np.ptp(energies) == 0:
        if len(energies) > 1:
            yield Finding(severity="error", code="constant", text="all energies are equal")
        return
    away = np.abs(energies - np.median(energies))
    far = np.flatnonzero(away > OUTLIER * 1.4826 * np.median(away))
    if len(far) and np.median(away) > 0:
        text = f"the energy is far from all others in {_which(far)}"
        yield Finding(severity="warning", code="outlier", text=text)
    single = energies.astype(np.float32)
    if (single == energies).all() and np.spacing(np.abs(single).max()) > COARSE * energies.std():
        text = f"energies are rounded to {np.spacing(np.abs(single).max()):.2g} kcal/mol"
        yield Finding(
            severity="warning", code="rounded", text=f"{text}: stored in single precision?"
        )
