"""Starts the sides of the SchNet benchmark, and makes the frames they train on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from outcome import say

from hpcmlff.data.generate.run import generate_frames
from hpcmlff.data.readers.source import read_frames
from hpcmlff.spec.grid import Generate, Units

N_TRAIN, N_VALIDATION = 1000, 200

TUTORIAL = {"neighbours": "ase", "workers": 1}
"""How stock reads its database in the tutorial."""

_UNSET = ("SLURM_", "PBS_")
"""Lightning would take a job's variables for orders."""


class Runner:
    """Runs sides in processes of their own.

    Parameters
    ----------
    folder
        Where all is written.
    threads
        Of each side.
    seconds
        How long each measures.
    rounds
        How often each is to run.
    """

    def __init__(self, folder: Path, threads: int, seconds: float, rounds: int) -> None:
        # Sides have working folders of their own.
        self._folder, self.threads, self.rounds = folder.resolve(), threads, rounds
        self._order = {
            "data": str(_data(self._folder)),
            "n_train": N_TRAIN,
            "threads": threads,
            "seconds": seconds,
        }
        self.side("stock_database", {})

    def side(
        self, name: str, settings: dict[str, Any], loader: dict[str, Any] = TUTORIAL
    ) -> dict[str, float]:
        """Run one side to its end and return what it tells."""
        order = {**self._order, "settings": settings, **loader}
        threads = str(order["threads"])
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_UNSET)}
        # What torch compiles is kept, for this run only.
        compiled = str(self._folder / "compiled")
        own = {"OMP_NUM_THREADS": threads, "TQDM_DISABLE": "1", "TORCHINDUCTOR_CACHE_DIR": compiled}
        environment = {**kept, **own}
        command = [sys.executable, str(Path(__file__).with_name("schnet_sides.py")), name]
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            done = subprocess.run(
                [*command, json.dumps(order)],
                cwd=place,
                env=environment,
                stdout=subprocess.PIPE,
                check=True,
            )
        told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        say(f"{name} {settings} {loader if name.startswith('stock') else ''}: {json.dumps(told)}")
        return told


def _data(folder: Path) -> Path:
    """Generate frames of glycine, in an order drawn at random."""
    count = N_TRAIN + N_VALIDATION
    xyz, data = folder / "glycine.xyz", folder / "glycine.npz"
    say(f"generating {count} frames")
    generate_frames(Generate(molecule="glycine", path="md", frames=count, seed=1), xyz)
    frames = read_frames(xyz, units=Units(energy="kcal/mol", length="Angstrom")).frames
    order = np.random.default_rng(1).permutation(count)
    arrays = {name: getattr(frames, name)[order] for name in ("positions", "energies", "forces")}
    np.savez(data, species=frames.species, **arrays)
    return data
