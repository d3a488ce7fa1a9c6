from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

MakeCell = Callable[..., dict[str, Any]]


def _cell(
    model: str, size: int, seed: int, force: float | None = None, **changed: Any
) -> dict[str, Any]:
    done = force is not None
    value = force if force is not None else math.nan
    cell = {
        "model": model,
        "molecule": "ethanol",
        "size": size,
        "seed": seed,
        "cell_id": f"{model}{size}{seed}",
        "state": "done" if done else "pending",
        "energy_mae_kcal_mol": value / 4,
        "energy_rmse_kcal_mol": value / 2,
        "force_mae_kcal_mol_ang": value * 0.75,
        "force_rmse_kcal_mol_ang": value,
        "n_train": size if done else None,
        "n_test": 1000 if done else None,
        "train_s": 10.5 if done else None,
        "attempts": 1,
    }
    return cell | changed


@pytest.fixture
def cell() -> MakeCell:
    """Return a function (model, size, seed, force RMSE or None, **columns) -> one row."""
    return _cell


@pytest.fixture
def small() -> pd.DataFrame:
    """Two models, two sizes, three seeds; gaps of several kinds."""
    return pd.DataFrame(
        [
            _cell("sgdml", 200, 0, 1.0, **{"sgdml.sigma": 10}),
            _cell("sgdml", 200, 1, 1.2, **{"sgdml.sigma": 10}),
            _cell("sgdml", 200, 2, state="failed", **{"sgdml.sigma": 10}),
            _cell("sgdml", 400, 0, state="failed", **{"sgdml.sigma": 10}),
            _cell("sgdml", 400, 1, state="failed", **{"sgdml.sigma": 10}),
            _cell("sgdml", 400, 2, state="running", **{"sgdml.sigma": 10}),
            _cell("schnet", 200, 0, 2.0),
            _cell("schnet", 200, 1, 2.5),
            _cell("schnet", 200, 2, 3.0),
            _cell("schnet", 400, 0, 1.5),
            _cell("schnet", 400, 1),
            _cell("schnet", 400, 2),
        ]
    )
