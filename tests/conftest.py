"""Small real inputs shared by the tests."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from ase.data import chemical_symbols

from hpcmlff.testing.molecules import SPECIES, samples

# A shell that runs the tests in its background has Ctrl-C ignored, and every child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

UNITS = "{energy: kcal/mol, length: angstrom}"

WriteGrid = Callable[..., Path]


def write_xyz(path: Path, n_frames: int, seed: int = 0) -> Path:
    """Write frames of the analytic molecule in the published format."""
    made = samples(n_frames, seed)
    lines = []
    for positions, energy, forces in zip(made.positions, made.energies, made.forces, strict=True):
        lines += [str(len(SPECIES)), f"{energy:.10f}"]
        for number, numbers in zip(SPECIES, np.hstack([positions, forces]), strict=True):
            fields = " ".join(f"{value:.10f}" for value in numbers)
            lines.append(f"{chemical_symbols[number]} {fields}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@pytest.fixture
def grid_file(tmp_path: Path) -> WriteGrid:
    """Return a function that writes data and a grid file with some keys changed."""

    def write(extra: str = "", *, frames: int = 60, **changes: str) -> Path:
        data = tmp_path / "springs.xyz"
        if not data.exists():
            write_xyz(data, frames)
        keys = {
            "name": "springs",
            "store": "runs/springs",
            "molecules": f"{{springs: {{path: springs.xyz, units: {UNITS}}}}}",
            "axes": "{model: [mean], size: [10, 20], seed: [0, 1]}",
            "split": "{validation: 10, test: 20}",
            **changes,
        }
        path = tmp_path / "grid.yaml"
        text = "".join(f"{key}: {value}\n" for key, value in keys.items() if value)
        path.write_text(text + dedent(extra), encoding="utf-8")
        return path

    return write
