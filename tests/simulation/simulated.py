"""The stores that these tests share, and their data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ase.data import chemical_symbols

from hpcmlff.console import say
from hpcmlff.data.frames import Frames
from hpcmlff.data.generate.dynamics import Frame
from hpcmlff.data.generate.run import as_text
from hpcmlff.models.protocol import Samples
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.spec.selection import selection
from hpcmlff.store.store import Store
from hpcmlff.testing.molecules import SPECIES

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


GLYCINE_GRID = """
name: glycine
store: runs/glycine
molecules: {glycine: {path: glycine.xyz, units: {energy: kcal/mol, length: angstrom}}}
axes: {model: [mean], size: [10], seed: [0]}
split: {validation: 10, test: 10}
"""

GLYCINE = "mean/glycine/n10/s0"


def write_frames(path: Path, frames: Frames | Samples) -> Path:
    """Write frames of the analytic molecule in the published format."""
    symbols = [chemical_symbols[number] for number in SPECIES]
    rows = zip(frames.positions, frames.energies, frames.forces, strict=True)
    texts = (
        as_text(symbols, Frame(positions=place, energy=float(energy), forces=forces))
        for place, energy, forces in rows
    )
    path.write_text("".join(texts), encoding="ascii")
    return path


def finished_store(grid: Path, cells: Sequence[str]) -> Store:
    """Return the store of a grid with these of its cells done."""
    made, frozen = settle(draft(grid, say), say)
    for name in cells:
        [cell] = selection([name]).cells(frozen.cells)
        command = ["--store", str(made.path), "--cell", cell.id, "--revision", "1"]
        subprocess.run([sys.executable, "-m", "hpcmlff.worker", *command], check=True)
    return made
