from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpcmlff.executors.lookup import load_profile, read_profile
from hpcmlff.profiles.__main__ import main


def write(place: Path, name: str, text: str) -> None:
    (place / "cluster_profiles").mkdir(exist_ok=True)
    (place / "cluster_profiles" / f"{name}.yaml").write_text(text)


def test_profiles_are_listed_with_what_they_are(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(place, "bad", "name: bad\nscheduler: local\nnodes: 3\n")
    write(place, "vega", "name: vega\nscheduler: local\nrecognise: {hosts: [login*]}\n")
    assert main(["list"]) == 0
    heading, bad, mine, *_, shipped = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "scheduler", "here", "from", "description"]
    error = "broken: cluster_profiles/bad.yaml:3: nodes: unknown key."
    assert bad.split(maxsplit=3)[:3] == ["bad", "?", "cluster_profiles/bad.yaml"]
    assert error in bad
    assert mine.split() == ["vega", "local", "yes", "cluster_profiles/vega.yaml"]
    assert shipped.endswith("not used: cluster_profiles/vega.yaml comes first")


def test_profiles_are_listed_for_scripts(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place, "mine", "name: mine\nscheduler: local\nrecognise: {hosts: [login*]}\n")
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed[0] == {
        "name": "mine",
        "scheduler": "local",
        "recognised_by": "the host login1",
        "path": "cluster_profiles/mine.yaml",
        "description": "",
        "error": None,
        "shadowed_by": None,
    }
    assert [one["name"] for one in listed] == ["mine", "aneesur", "local", "sabarmati", "vega"]


@pytest.mark.parametrize("name", ["vega", "aneesur", "local", "sabarmati"])
def test_a_shown_profile_can_be_read_again(
    place: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["show", name]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[0].endswith(f"{name}.yaml, with the defaults of what it leaves out")
    write(place, "again", text)
    assert read_profile(place / "cluster_profiles" / "again.yaml") == load_profile(name)


def test_defaults_and_durations_are_shown_as_one_writes_them(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(place, "mine", "name: mine\nscheduler: local\ngrace: 90s\nwalltime: 36h\n")
    assert main(["show", "mine", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["path"] == "cluster_profiles/mine.yaml"
    keys = ("grace", "walltime", "checkpoint_interval", "cpus")
    assert [shown["profile"][key] for key in keys] == ["90s", "36h", "5m", "auto"]


def test_an_unknown_profile_ends_with_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "vga"]) == 3
    assert capsys.readouterr().err == "error: unknown profile 'vga'. Did you mean 'vega'?\n"
