"""Small data made for tests: a harmonic molecule whose forces belong to its energies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcmlff.data.frames import Frames
from hpcmlff.spec.grid import Units

KCAL = Units(energy="kcal/mol", length="angstrom")
SPECIES = np.array([8, 1, 1])
SYMBOLS = ("O", "H", "H")
REST = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])


def water_energy(positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Springs between all atoms: energy in kcal/mol and forces in kcal/mol/Å."""
    energy, forces = -47800.0, np.zeros((3, 3))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        apart = positions[j] - positions[i]
        length = np.linalg.norm(apart)
        away = length - np.linalg.norm(REST[j] - REST[i])
        energy += 400.0 * away**2
        pull = 800.0 * away * apart / length
        forces[i] += pull
        forces[j] -= pull
    return float(energy), forces


def water(n: int = 60, *, trajectory: bool = False, seed: int = 0) -> Frames:
    """Frames around the minimum, independent or along a smooth path."""
    rng = np.random.default_rng(seed)
    moves = 0.08 * rng.standard_normal((n, 3, 3))
    if trajectory:
        phases = rng.uniform(0, 2 * np.pi, (3, 3)) + np.outer(
            np.arange(n), rng.uniform(0.05, 0.2, 9)
        ).reshape(n, 3, 3)
        moves = 0.08 * np.sin(phases)
    positions = REST + moves
    pairs = [water_energy(one) for one in positions]
    return Frames(
        species=SPECIES.astype(np.int64),
        positions=positions,
        energies=np.array([pair[0] for pair in pairs]),
        forces=np.array([pair[1] for pair in pairs]),
    )


def xyz_text(frames: Frames, symbols: tuple[str, ...] = SYMBOLS) -> str:
    """Frames in the published format."""
    lines = []
    for place, energy, force in zip(frames.positions, frames.energies, frames.forces, strict=True):
        lines += [str(len(symbols)), f"{energy:.8f}"]
        for symbol, row in zip(symbols, np.hstack([place, force]), strict=True):
            lines.append(symbol + "".join(f"{x:18.10f}" for x in row))
    return "\n".join(lines) + "\n"


def write_xyz(path: Path, frames: Frames) -> Path:
    """Write the published format and return the path."""
    path.write_text(xyz_text(frames))
    return path
