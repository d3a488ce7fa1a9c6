"""The grid of the store that these tests share, and its data."""

from __future__ import annotations

from pathlib import Path

from ase.data import chemical_symbols

from hpcmlff.data.generate.dynamics import Frame
from hpcmlff.data.generate.run import as_text
from hpcmlff.testing.molecules import SPECIES, samples

GRID = """
name: springs
store: runs/springs
molecules: {springs: {path: springs.xyz, units: {energy: kcal/mol, length: angstrom}}}
axes: {model: [sgdml, mean], size: [60], seed: [0, 1]}
exclude: [{model: mean, seed: 1}]
split: {validation: 20, test: 20}
models: {sgdml: {sigma: 10}}
"""

SGDML, MEAN = "sgdml/springs/n60/s0", "mean/springs/n60/s0"
UNFINISHED = "sgdml/springs/n60/s1"


def write_springs(path: Path, n_frames: int) -> None:
    """Write frames of the analytic molecule in the published format."""
    made = samples(n_frames, seed=0)
    symbols = [chemical_symbols[number] for number in SPECIES]
    frames = zip(made.positions, made.energies, made.forces, strict=True)
    texts = (
        as_text(symbols, Frame(positions=place, energy=float(energy), forces=forces))
        for place, energy, forces in frames
    )
    path.write_text("".join(texts), encoding="ascii")
