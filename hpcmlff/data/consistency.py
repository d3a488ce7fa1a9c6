"""Do the energies follow the forces? Sign, scale and pairing, from pairs of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.data.findings import Finding
from hpcmlff.data.pairs import Pairs, nearest, neighbours
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames

MIN_PAIRS = 20
"""Fewer pairs give no verdict."""

CERTAIN = 0.8
"""Correlation from which sign and scale are certain. Correct data gave 0.91 to 1.00
(rMD17 azobenzene, published glycine), shuffled data less than 0.1."""

UNRELATED = 0.3
"""Correlation below which energies do not follow the forces."""

CLOSE_ANGSTROM = 0.15
"""Displacement of an atom up to which the trapezoid rule cannot miss all of it."""

SCALE_TOLERANCE = 1.25
"""Factor by which correct data may seem wrong; they gave 0.95 to 1.00."""


def check_consistency(frames: Frames, *, consecutive: bool) -> Finding:
    """Compare energy differences with the work of the forces.

    Parameters
    ----------
    frames
        The frames; energies and forces must vary.
    consecutive
        Whether to pair frames with the next in the file, or with the most similar.

    Returns
    -------
    Finding
        An error where the sign is flipped, the scale is off or the energies are of
        other frames; otherwise what was seen.
    """
    if len(frames) <= MIN_PAIRS:
        return _unchecked(f"{len(frames)} frames are too few")
    pairs = neighbours(frames) if consecutive else nearest(frames)
    # Copies of a frame say nothing: their energies differ by nothing or by an error.
    moved = pairs.distance > 1e-6
    if np.count_nonzero(moved) <= MIN_PAIRS:
        return _unchecked("nearly all frames are copies")
    correlation, scale = _compare(pairs, moved)
    return _verdict(correlation, scale, float(np.median(pairs.distance[moved])), int(moved.sum()))


def _compare(pairs: Pairs, used: NDArray[np.bool_]) -> tuple[float, float]:
    """Return correlation and scale, pairs weighted by how well the rule can hold there.

    The scale is the ratio of root mean squares, which, unlike a slope, is not made
    smaller by scatter of the work.
    """
    energy, work, curvature = (a[used] for a in (pairs.energy, pairs.work, pairs.curvature))
    weight = 1.0 / (curvature + 1e-3 * curvature.max() + np.finfo(float).tiny)
    ee, ww = np.sum(weight * energy**2), np.sum(weight * work**2)
    if not (ee > 0 and ww > 0):
        return 0.0, 1.0
    return float(np.sum(weight * energy * work) / np.sqrt(ee * ww)), float(np.sqrt(ee / ww))


def _verdict(correlation: float, scale: float, distance_ang: float, n_pairs: int) -> Finding:
    seen = f"correlation {correlation:.2f}, scale {scale:.3g}, {n_pairs} pairs"
    off = max(scale, 1 / scale) > SCALE_TOLERANCE
    if correlation <= -CERTAIN:
        what = "the sign of the forces is flipped: they are gradients"
        more = f", and {describe_scale(scale)}" if off else ""
        return Finding(severity="error", code="force-sign", text=f"{what}{more} ({seen})")
    if correlation >= CERTAIN and off:
        return Finding(severity="error", code="scale", text=f"{describe_scale(scale)} ({seen})")
    if correlation >= CERTAIN:
        what = f"energies follow the forces ({seen})"
        return Finding(severity="note", code="consistent", text=what)
    if abs(correlation) > UNRELATED or distance_ang > 2 * CLOSE_ANGSTROM:
        return _unchecked(f"frames differ too much ({seen}, {distance_ang:.2f} Å apart)")
    what = f"energies do not follow the forces: are they of the same frames? ({seen})"
    certain = distance_ang <= CLOSE_ANGSTROM
    return Finding(severity="error" if certain else "warning", code="pairing", text=what)


def _unchecked(why: str) -> Finding:
    text = f"energies could not be checked against forces: {why}"
    return Finding(severity="note", code="unchecked", text=text)


def describe_scale(scale: float) -> str:
    """Say in words by what energies and forces differ.

    Parameters
    ----------
    scale
        Change of the energy over the work of the forces; 1 if all is well.

    Returns
    -------
    str
        Such as ``energies change 23.1 times as much as the forces say, as eV against
        kcal/mol (23.06)``.
    """
    text = f"energies change {scale:.3g} times as much as the forces say"
    for factors in _mixtures():
        name, factor = min(factors.items(), key=lambda item: abs(np.log(scale / item[1])))
        if max(scale / factor, factor / scale) < 1.1:
            return f"{text}, as {name} ({factor:.4g})"
    return text


def _mixtures() -> tuple[dict[str, float], dict[str, float]]:
    """Return how large energies seem where units were mixed up: one unit, or both."""
    bohr = LENGTH_ANGSTROM["bohr"]
    energy = {
        f"forces in {mine} beside energies in {theirs}": mine_kcal / theirs_kcal
        for mine, mine_kcal in ENERGY_KCAL_MOL.items()
        for theirs, theirs_kcal in ENERGY_KCAL_MOL.items()
        if mine != theirs
    }
    length = {
        "forces per bohr taken as per angstrom": 1 / bohr,
        "positions in bohr taken as angstrom": bohr,
    }
    both = {f"{name}, and per bohr": factor / bohr for name, factor in energy.items()}
    return length | energy, both
