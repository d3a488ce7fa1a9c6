from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from store.made import STEPS, damage, make_store, train

from hpcmlff.store.__main__ import main
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.showing import amount


def test_bytes_are_counted_once_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, cells = make_store(tmp_path / "store")
    paths = train(store, cells[0], 50, STEPS) + train(store, cells[1], 10)
    CellBlocks(store.cell(cells[0])).put("panel", np.ones(3))
    sizes = [path.stat().st_size for path in paths]
    (store.layout.private / "job.pkl").write_bytes(b"12345")
    assert main(["du", str(store.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (row,) = found["cells"]
    assert (row["model"], row["molecule"], row["cells"]) == ("mean", "springs", 2)
    assert row["checkpoints"] == sum(sizes)
    assert row["blocks"] == 512 + 24
    assert row["logs"] == 2 * len("trained\n")
    assert found["places"]["submitit"] == 5
    assert found["prunable"] == 512 + 24
    assert found["total"] == sum(found["places"].values())
    damage(paths[1])
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    capsys.readouterr()
    assert main(["du", str(store.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cells"][0]["set aside"] == sizes[1]


def test_people_get_a_table_and_what_prune_would_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = make_store(tmp_path / "store")
    train(store, cells[0], STEPS)
    CellBlocks(store.cell(cells[0])).put("panel", np.ones(3))
    assert main(["du", str(store.path)]) == 0
    out = capsys.readouterr().out
    assert "checkpoints" in out
    assert out.endswith(
        f"prune would free 536 B\nnext: python -m hpcmlff.store prune {store.path}\n"
    )


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (20e6, "20 MB"), (4.2e12, "4200 GB")],
)
def test_amounts_in_words(n_bytes: float, text: str) -> None:
    assert amount(n_bytes) == text
