"""A study to measure: frames of an analytic molecule, a grid, and a profile of the cluster."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from ase.data import chemical_symbols

from hpcmlff.testing.molecules import SPECIES, samples

FRAMES = 1500
"""Frames of the molecule: enough for the usual 200 validation and 1,000 test frames."""

COMMAND_S = 600.0
"""Longest run of a command."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that has ended well."""

    seconds: float
    """How long it took, Python's start included."""
    cpu_s: float
    """CPU time it used, s."""
    printed: str
    """What it printed."""


@dataclass(frozen=True)
class Study:
    """A folder with a grid and a profile in it."""

    folder: Path
    """The folder."""

    @property
    def grid(self) -> Path:
        """The grid file."""
        return self.folder / "grid.yaml"

    @property
    def profile(self) -> Path:
        """The cluster's description."""
        return self.folder / "cluster.yaml"

    @property
    def store(self) -> Path:
        """Where the results are."""
        return self.folder / "store"

    def write(self, axes: Mapping[str, Any], profile: Mapping[str, Any], **grid: Any) -> None:
        """Write the frames, the grid and the profile.

        Parameters
        ----------
        axes
            The grid's axes.
        profile
            What the cluster's profile says.
        **grid
            Further keys of the grid.
        """
        self.folder.mkdir(exist_ok=True)
        frames = self.folder / "springs.xyz"
        if not frames.exists():
            frames.write_text(_published(FRAMES), encoding="ascii")
        units = {"energy": "kcal/mol", "length": "angstrom"}
        molecules = {"springs": {"path": "springs.xyz", "units": units}}
        base = {"name": "benchmark", "store": "store", "molecules": molecules}
        self.grid.write_text(yaml.safe_dump({**base, "axes": dict(axes), **grid}), encoding="utf-8")
        known = {"name": "benchmark", "scheduler": "slurm"}
        self.profile.write_text(yaml.safe_dump({**known, **profile}), encoding="utf-8")

    def submit(self, environment: Mapping[str, str], option: str = "--yes") -> Ran:
        """Submit the grid as a user does."""
        given = ["hpcmlff.submit", str(self.grid), "--profile", str(self.profile), option]
        return run_module(given, environment)

    def command(self, name: str, environment: Mapping[str, str]) -> Ran:
        """Run a command, such as ``status``, on the store."""
        return run_module([f"hpcmlff.{name}", str(self.store)], environment)


def run_module(words: list[str], environment: Mapping[str, str]) -> Ran:
    """Run ``python -m WORDS`` to its end.

    Raises
    ------
    RuntimeError
        It failed; its words are shown.
    """
    began, before_s = time.monotonic(), _cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    took = time.monotonic() - began
    if done.returncode != 0:
        raise RuntimeError(f"python -m {' '.join(words)}: {done.stderr.strip()}")
    return Ran(seconds=took, cpu_s=_cpu_s() - before_s, printed=done.stdout)


def _cpu_s() -> float:
    """Return the CPU time of all commands that have ended, s."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _published(n_frames: int) -> str:
    made = samples(n_frames, seed=0)
    lines = []
    for positions, energy, forces in zip(made.positions, made.energies, made.forces, strict=True):
        lines += [str(len(SPECIES)), f"{energy:.10f}"]
        for number, numbers in zip(SPECIES, np.hstack([positions, forces]), strict=True):
            fields = " ".join(f"{value:.10f}" for value in numbers)
            lines.append(f"{chemical_symbols[number]} {fields}")
    return "\n".join(lines) + "\n"
