from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpcmlff import export
from hpcmlff.data.dataset import read_dataset
from hpcmlff.errors import StoreError, TrainingError
from hpcmlff.models.sgdml.package import stock
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.store import Store

Settled = Callable[..., tuple[Store, FrozenGrid]]
Worker = Callable[..., subprocess.CompletedProcess[str]]

AXES = "{model: [sgdml, mean], molecule: [springs], size: [20], seed: [0]}"
SGDML, MEAN = "sgdml/springs/n20/s0", "mean/springs/n20/s0"


def test_the_file_is_read_by_the_package_and_its_command(
    settled: Settled, worker: Worker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, frozen = settled(axes=AXES, models="{sgdml: {sigma: 10}}")
    [cell] = [one for one in frozen.cells if one.model == "sgdml"]
    assert worker(store, cell.id).returncode == 0
    path = tmp_path / "model.npz"
    assert export.main([str(store.path), SGDML, "-o", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(path)
    assert told["cell"].startswith(SGDML)
    with np.load(path, allow_pickle=True) as file:
        predictor = stock("predict").GDMLPredict(dict(file), max_processes=1)
    frames = read_dataset(store.layout.dataset("springs")).frames
    kept = restore(store.cell(cell))
    assert kept is not None
    test = frames.take(kept.content.plain["split/test"])
    energies, forces = predictor.predict(test.positions.reshape(20, -1))
    np.testing.assert_array_equal(energies, kept.content.plain["test/energies_kcal_mol"])
    expected = kept.content.plain["test/forces_kcal_mol_ang"]
    np.testing.assert_array_equal(forces.reshape(20, -1, 3), expected)
    command = [str(Path(sys.executable).with_name("sgdml")), "show", str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "20 points" in shown.stdout
    assert export.main([str(store.path), SGDML, "-o", str(path)]) == StoreError.exit_code
    message = "exists already. Name another file with -o, or give --force"
    assert f"{path}: {message}" in capsys.readouterr().err
    assert export.main([str(store.path), cell.id[:8], "-o", str(path), "--force"]) == 0
    nowhere = tmp_path / "no such folder" / "model.npz"
    assert export.main([str(store.path), SGDML, "-o", str(nowhere)]) == StoreError.exit_code
    message = f"{nowhere}: cannot be written: No such file or directory"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cell", "code", "message"),
    [
        ("painn", StoreError.exit_code, "no cell fits 'painn': there is no model 'painn'"),
        ("*", StoreError.exit_code, f"2 cells fit '*':\n  {SGDML}-"),
        ("sgdml", StoreError.exit_code, "the cell is not done"),
        (MEAN, TrainingError.exit_code, "the model 'mean' has no format of another package"),
    ],
)
def test_what_cannot_be_exported_is_told(
    settled: Settled, capsys: pytest.CaptureFixture[str], cell: str, code: int, message: str
) -> None:
    store, _ = settled(axes=AXES)
    assert export.main([str(store.path), cell]) == code
    assert message in capsys.readouterr().err
