"""Tasks and arrays in files, and a training continued by another process.

``python -m hpcmlff.testing.exchange FOLDER`` reads a task and arrays from a folder,
trains to the end and writes the final arrays, the model and predictions there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hpcmlff.models.protocol import Allocation, Samples, Task
from hpcmlff.testing.blocks import FolderBlocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, TrainerEntry

_FRAMES = ("positions", "energies", "forces")
_TIMEOUT_S = 300


def save(path: Path, arrays: Arrays) -> None:
    """Write arrays to an HDF5 file, one dataset each."""
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Read what `save` wrote."""
    with h5py.File(path) as file:
        return {name: np.asarray(file[name][()]) for name in file}


def finish_elsewhere(folder: Path, entry: TrainerEntry, task: Task, arrays: Arrays) -> None:
    """Let another process continue a training to its end.

    Parameters
    ----------
    folder
        Receives ``final.h5``, ``model.h5`` and ``predictions.h5`` (of the validation
        frames); its ``blocks`` are the task's.
    entry
        Names the trainer; engine and settings must be importable.
    task
        The task.
    arrays
        The state to continue from.
    """
    _save_task(folder, entry, task)
    save(folder / "start.h5", arrays)
    command = [sys.executable, "-m", "hpcmlff.testing.exchange", str(folder)]
    subprocess.run(command, check=True, timeout=_TIMEOUT_S, env=child_environment())


def child_environment() -> dict[str, str]:
    """Return the environment of a new Python that finds the same modules as this one."""
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    return {**os.environ, "PYTHONPATH": paths}


def _save_task(folder: Path, entry: TrainerEntry, task: Task) -> None:
    facts = {
        "engine": entry.engine,
        "settings_class": f"{type(task.settings).__module__}:{type(task.settings).__qualname__}",
        "settings": task.settings.model_dump_json(),
        "seed": task.seed,
        "allocation": asdict(task.allocation),
    }
    (folder / "task.json").write_text(json.dumps(facts), encoding="utf-8")
    save(folder / "species.h5", {"species": task.species})
    for part in ("train", "validation"):
        frames = getattr(task, part)
        save(folder / f"{part}.h5", {name: getattr(frames, name) for name in _FRAMES})


def _read_task(folder: Path, facts: dict[str, Any]) -> Task:
    return Task(
        species=read(folder / "species.h5")["species"],
        train=Samples(**read(folder / "train.h5")),
        validation=Samples(**read(folder / "validation.h5")),
        settings=load(facts["settings_class"]).model_validate_json(facts["settings"]),
        seed=facts["seed"],
        allocation=Allocation(**facts["allocation"]),
        blocks=FolderBlocks(folder / "blocks"),
    )


def load(reference: str) -> Any:
    """Import ``module:attribute``."""
    module, _, attribute = reference.partition(":")
    return getattr(import_module(module), attribute)


def _main(folder: Path) -> None:
    facts = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    task, trainer = _read_task(folder, facts), load(facts["engine"])()
    state = trainer.from_arrays(task, read(folder / "start.h5"))
    while not trainer.progress(state).finished:
        state = trainer.advance(task, state, lambda: False)
    save(folder / "final.h5", trainer.to_arrays(state))
    model = trainer.model(task, state)
    save(folder / "model.h5", model)
    energies, forces = trainer.predict(task, model, task.validation.positions)
    save(folder / "predictions.h5", {"energies": energies, "forces": forces})


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
