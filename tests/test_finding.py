from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.errors import GridError, StoreError
from hpcmlff.finding import store_and_selection
from hpcmlff.store.store import create_store

FOLDER = "cells/schnet/glycine/n200/s0-0123456789ab"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create_store(tmp_path / "runs" / "study", "study")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*words: str) -> tuple[str, str]:
    store, named = store_and_selection(words)
    return store.path.name, str(named)


def test_the_store_comes_first_and_may_be_left_out_where_there_is_one(here: Path) -> None:
    assert found() == ("study", "")
    assert found("runs/study") == ("study", "")
    assert found("runs/study", "schnet/*", "state=failed") == ("study", "schnet/* state=failed")
    assert found("schnet/*", "state=failed") == ("study", "schnet/* state=failed")
    assert found("state=failed") == ("study", "state=failed")
    assert found("0123abcd") == ("study", "0123abcd")
    assert found(str(here / "runs" / "study"), "schnet") == ("study", "schnet")


def test_a_grid_file_names_its_store(here: Path) -> None:
    (here / "grid.yaml").write_text(
        "name: study\nstore: runs/study\naxes: {model: [mean], size: [10]}\n"
        "molecules: {m: {path: m.xyz, units: {energy: kcal/mol, length: angstrom}}}\n"
    )
    assert found("grid.yaml", "schnet") == ("study", "schnet")
    with pytest.raises(GridError):
        found("other.yaml", "schnet")


def test_a_cells_folder_names_store_and_cell(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_store(here / "runs" / "other", "other")
    assert found(f"runs/study/{FOLDER}") == ("study", f"runs/study/{FOLDER}")
    monkeypatch.chdir(here / "runs" / "other")
    assert found(FOLDER, "schnet") == ("other", f"{FOLDER} schnet")
    assert found("schnet/glycine") == ("other", "schnet/glycine")
    assert found("../study", "schnet") == ("study", "schnet")


@pytest.mark.parametrize("word", ["runs", "runs/stduy", "/nowhere/study"])
def test_a_store_that_is_not_there_is_not_taken_for_a_pattern(here: Path, word: str) -> None:
    with pytest.raises(StoreError, match=f"{word}: is not a store"):
        found(word, "schnet")


def test_among_several_stores_one_has_to_be_named(here: Path) -> None:
    create_store(here / "runs" / "other", "other")
    with pytest.raises(StoreError, match="several stores here: runs/other, runs/study"):
        found("schnet")
