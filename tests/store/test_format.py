"""Files of the first format, kept in ``version_1``, stay readable."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import h5py
import numpy as np
import pytest
from store.made import STEPS, assert_holds, weights

from hpcmlff.data.dataset import read_dataset
from hpcmlff.errors import StoreError
from hpcmlff.store import image, marker
from hpcmlff.store.__main__ import main
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.store import Store, open_store
from hpcmlff.testing.molecules import samples

PAGE = files("hpcmlff.store").joinpath("FORMAT.md").read_text(encoding="utf-8")


@pytest.fixture
def old(tmp_path: Path) -> Store:
    shutil.copytree(Path(__file__).with_name("version_1"), tmp_path / "old")
    return open_store(tmp_path / "old")


def test_a_store_of_the_first_format_is_read_whole(old: Store) -> None:
    assert main(["verify", str(old.path)]) == 0
    one, two = old.current_grid().cells
    assert_holds(restore(old.cell(one)), one, STEPS)
    assert_holds(restore(old.cell(two)), two, 20)
    assert CellBlocks(old.cell(two)).get("panel-000").tolist() == (
        np.arange(12.0).reshape(3, 4).tolist()
    )
    found = read_dataset(old.layout.dataset("springs"))
    assert found.frames.positions.tobytes() == samples(6, seed=0).positions.tobytes()
    assert old.ledger.read(1).cells == (one.id, two.id)
    assert main(["index", str(old.path)]) == 0


def test_the_page_alone_suffices_to_verify_and_read_a_checkpoint(
    old: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(old.path)
    assert main(["index", str(old.path)]) == 0
    cell = old.current_grid().cells[0]
    path = old.cell(cell).attempts()[0].newest_link
    verified, read, table = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names: dict[str, object] = {}
    exec(verified + read.replace("cells/.../a000002/cell.h5", str(path)) + table, names)  # noqa: S102
    facts = names["verified"](path)  # type: ignore[operator]
    assert (facts["kind"], facts["attempt"], facts["sequence"], facts["final"]) == (
        "checkpoint", 1, 2, True
    )  # fmt: skip
    arrays = names["arrays"]
    assert isinstance(arrays, dict)
    assert arrays["model.weights"].tobytes() == weights(cell, STEPS).tobytes()
    assert names["best"] == 3.0


def test_the_page_says_how_frames_are_hashed(old: Store) -> None:
    hasher = hashlib.sha256(b"dataset 1\n")
    with h5py.File(old.layout.dataset("springs"), "r") as file:
        for name in ("species", "positions", "energies", "forces"):
            array = file[name][()]
            kind = "<i8" if array.dtype.kind == "i" else "<f8"
            hasher.update(f"{name} {kind} {list(array.shape)}\n".encode())
            hasher.update(array.astype(kind).tobytes())
        hasher.update(b"fixed train none\nfixed validation none\n")
        test = file["fixed/test"][()].astype("<i8")
        hasher.update(f"fixed test <i8 {list(test.shape)}\n".encode() + test.tobytes())
        assert file.attrs["digest"] == hasher.hexdigest()
    assert "fixed x none" in PAGE


def test_an_old_image_goes_through_each_step_once(
    old: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_to_two(file: h5py.File) -> None:
        file.move("notes", "remarks")

    def two_to_three(file: h5py.File) -> None:
        assert file.attrs["version"] == 2
        file.move("remarks", "notes")
        file["split/extra"] = np.arange(2)

    monkeypatch.setattr(image, "IMAGE_FORMAT", 3)
    monkeypatch.setattr(image, "UPGRADES", {1: one_to_two, 2: two_to_three})
    cell = old.current_grid().cells[0]
    before = old.cell(cell).attempts()[0].generation(2).read_bytes()
    found = restore(old.cell(cell))
    assert_holds(found, cell, STEPS)
    assert found is not None
    assert found.content.plain["split/extra"].tolist() == [0, 1]
    assert old.cell(cell).attempts()[0].generation(2).read_bytes() == before


def test_an_old_store_is_upgraded_when_it_is_opened(
    old: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marker, "STORE_FORMAT", 2)
    monkeypatch.setattr(marker, "UPGRADES", {1: lambda facts: {"name": facts["name"] + "-two"}})
    assert open_store(old.path).name == "study-two"
    assert json.loads(old.layout.marker.read_bytes()) == {"format": 1, "name": "study"}


def test_a_format_of_before_the_first_is_refused(old: Store) -> None:
    for text in ('{"format": 0, "name": "study"}', '{"format": 1, "name": "a\\nb"}'):
        old.layout.marker.write_text(text)
        with pytest.raises(StoreError, match="is not a store"):
            open_store(old.path)
