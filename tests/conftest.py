"""Small real inputs shared by the tests."""

from __future__ import annotations

import os
import shlex
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

_LONGEST_FIRST = ("cluster", "pbs", "testing", "models", "store", "worker")
"""Folders of tests; what takes long must not begin last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests one process has to run, where several share them out."""
    here = Path(__file__).parent

    def folder(item: pytest.Item) -> str:
        return item.path.relative_to(here).parts[0]

    order = {name: number for number, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(folder(item), len(order)))
    for item in items:
        # One private Slurm at a time; the other fixtures belong to modules.
        group = "slurm" if folder(item) == "cluster" else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


UNITS = "{energy: kcal/mol, length: angstrom}"

WriteGrid = Callable[..., Path]

Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return a function that puts a program first on PATH; it returns the log of its calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def make(name: str, script: str) -> Path:
        log = programs / f"{name}.log"
        text = f'#!/bin/sh\necho "$@" >>{shlex.quote(str(log))}\n{script}\n'
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
        return log

    return make


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
