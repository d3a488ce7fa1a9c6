from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from store.made import make_store

from hpcmlff.errors import StoreError
from hpcmlff.store.__main__ import main
from hpcmlff.store.layout import Layout
from hpcmlff.store.pruning import surplus
from hpcmlff.store.rates import LONGEST_BYTES, Rates
from hpcmlff.store.usage import usage

HOST = "EPYC (128 cores)"


@pytest.fixture
def rates(tmp_path: Path) -> Rates:
    store, _ = make_store(tmp_path / "store")
    return store.rates


def path_of(rates: Rates) -> Path:
    return rates.folder / "vega" / "schnet.json"


def test_what_was_never_measured_is_empty(rates: Rates) -> None:
    assert rates.read("vega", "schnet", "cpu") == {}
    assert list(rates.files()) == []


def test_rates_are_kept_by_profile_model_and_device(rates: Rates) -> None:
    rates.keep("vega", "schnet", "cpu", HOST, {"step_s": 0.01})
    rates.keep("vega", "schnet", "cuda", "A100", {"step_s": 0.002})
    rates.keep("vega", "sgdml", "cpu", HOST, {"gflop_per_s_per_thread": 30})
    assert rates.read("vega", "schnet", "cpu") == {"step_s": 0.01}
    assert rates.read("vega", "schnet", "cuda") == {"step_s": 0.002}
    assert rates.read("vega", "sgdml", "cpu") == {"gflop_per_s_per_thread": 30.0}
    assert rates.read("aneesur", "schnet", "cpu") == {}


def test_the_newest_value_counts_and_others_stay(rates: Rates) -> None:
    rates.keep("vega", "schnet", "cpu", HOST, {"a": 1.0, "b": 2.0})
    rates.keep("vega", "schnet", "cpu", "Xeon (4 cores)", {"a": 3.0})
    assert rates.read("vega", "schnet", "cpu") == {"a": 3.0, "b": 2.0}
    kept = json.loads(path_of(rates).read_text())["cpu"]
    assert (kept["a"]["n"], kept["a"]["host"]) == (2, "Xeon (4 cores)")
    assert (kept["b"]["n"], kept["b"]["host"]) == (1, HOST)
    assert kept["a"]["time"].endswith("+00:00")


def test_the_folder_is_its_owners_alone(rates: Rates) -> None:
    rates.keep("vega", "schnet", "cpu", HOST, {"a": 1.0})
    for folder in (rates.folder, rates.folder / "vega"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (rates.folder / "vega").iterdir()] == ["schnet.json"]


@pytest.mark.parametrize(
    "found",
    [
        {"a": 0.0},
        {"a": -1.0},
        {"a": float("nan")},
        {"a": float("inf")},
        {"../a": 1.0},
        {f"a{number}": 1.0 for number in range(33)},
    ],
)
def test_what_is_no_rate_is_not_kept(rates: Rates, found: dict[str, float]) -> None:
    with pytest.raises(StoreError, match=r"schnet\.json: does not hold rates"):
        rates.keep("vega", "schnet", "cpu", HOST, found)
    assert not rates.folder.exists()


def test_names_that_lead_elsewhere_are_refused(rates: Rates) -> None:
    with pytest.raises(StoreError, match="'../vega' is not a name for a profile"):
        rates.keep("../vega", "schnet", "cpu", HOST, {"a": 1.0})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"cpu": 1}',
        '{"cpu": {"a": {"value": 1.0}}}',
        '{"cpu": {"a": {"value": "1", "n": 1}}}',
        '{"cpu": {}}' + " " * LONGEST_BYTES,
    ],
)
def test_a_damaged_file_is_no_measurement_and_is_replaced(rates: Rates, text: str) -> None:
    rates.keep("vega", "schnet", "cpu", HOST, {"a": 1.0})
    path_of(rates).write_text(text)
    assert rates.read("vega", "schnet", "cpu") == {}
    rates.keep("vega", "schnet", "cpu", HOST, {"b": 2.0})
    assert rates.read("vega", "schnet", "cpu") == {"b": 2.0}


def test_a_link_is_not_followed(rates: Rates, tmp_path: Path) -> None:
    rates.keep("vega", "schnet", "cpu", HOST, {"a": 1.0})
    path_of(rates).rename(tmp_path / "elsewhere.json")
    path_of(rates).symlink_to(tmp_path / "elsewhere.json")
    assert rates.read("vega", "schnet", "cpu") == {}


def test_the_tools_of_the_store_know_the_rates(
    rates: Rates, capsys: pytest.CaptureFixture[str]
) -> None:
    store = rates.folder.parent
    rates.keep("vega", "schnet", "cpu", HOST, {"a": 1.0})
    size = path_of(rates).stat().st_size
    assert main(["verify", str(store)]) == 0
    (leftover := rates.folder / "vega" / ".schnet.0123.tmp.json").write_text("half")
    os.utime(leftover, (0, 0))
    [one] = surplus(Layout(store))
    assert (one.path, one.kind) == (leftover, "leftover")
    leftover.unlink()
    assert usage(Layout(store)).places["rates"] == size
    path_of(rates).write_text("{")
    capsys.readouterr()
    assert main(["verify", str(store), "--json"]) == 4
    [row] = json.loads(capsys.readouterr().out)["findings"]
    assert row["path"].endswith("rates/vega/schnet.json")
    assert row["what"] == "is not JSON"
    assert row["serves"] == "nothing is lost: the next cell that is done writes it anew"
