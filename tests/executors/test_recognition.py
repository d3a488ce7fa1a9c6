from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hpcmlff.errors import ProfileError, SchedulerError
from hpcmlff.executors.recognition import Machine, choose_profile, recognised_by, this_machine
from hpcmlff.spec.profile import Recognition

LOCAL = "profile 'local' (no profile recognises this machine, and it has no scheduler)"
NO_CLUSTER = "sinfo: fatal: Could not establish a configuration source"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be on a host ``login1.vega.example`` without a scheduler or profiles of its own."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HPCMLFF_PROFILES", raising=False)
    monkeypatch.setattr(socket, "gethostname", lambda: "login1.desk.example")
    for name in [name for name in os.environ if name.startswith("SLURM")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(place: Path, name: str, recognise: str) -> None:
    (place / "cluster_profiles").mkdir(exist_ok=True)
    text = f"name: {name}\nscheduler: local\nrecognise: {recognise}\n"
    (place / "cluster_profiles" / f"{name}.yaml").write_text(text)


def command(place: Path, name: str, script: str) -> None:
    path = place / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def chosen(name: str | None = None) -> tuple[str, list[str]]:
    said: list[str] = []
    return choose_profile(name, said.append).name, said


@pytest.mark.parametrize(
    ("recognise", "reason"),
    [
        ({"hosts": ("login*",)}, "the host login1"),
        ({"hosts": ("LOGIN?.vega.*",)}, "the host login1.vega.example"),
        ({"hosts": ("node*", "login1")}, "the host login1"),
        ({"hosts": ("vega*",)}, None),
        ({"environment": {"SLURM_CLUSTER_NAME": "vega*"}}, "SLURM_CLUSTER_NAME=vega2"),
        ({"environment": {"SLURM_CLUSTER_NAME": "vega"}}, None),
        ({"environment": {"OTHER": "*"}}, None),
        ({}, None),
    ],
)
def test_a_machine_is_recognised_by_host_or_environment(
    recognise: dict[str, object], reason: str | None
) -> None:
    hosts = ("login1", "login1.vega.example")
    machine = Machine(hosts=hosts, environment={"SLURM_CLUSTER_NAME": "vega2"})
    assert recognised_by(Recognition.model_validate(recognise), machine) == reason


def test_this_machine_has_its_short_and_its_full_name() -> None:
    assert this_machine().hosts == ("login1", "login1.desk.example")


def test_a_named_profile_is_taken_without_a_word() -> None:
    assert chosen("aneesur") == ("aneesur", [])


def test_a_recognised_profile_is_taken_and_said(place: Path) -> None:
    write(place, "mine", "{hosts: [login*]}")
    assert chosen() == ("mine", ["profile 'mine' (recognised by the host login1)"])


def test_the_first_of_several_is_taken_and_the_others_are_named(place: Path) -> None:
    for name in ("b", "a", "c"):
        write(place, name, "{hosts: [login1]}")
    first = "profile 'a' (recognised by the host login1)"
    others = "also recognised: 'b', 'c'; --profile NAME takes another"
    assert chosen() == ("a", [first, others])


def test_a_shipped_profile_is_recognised_unless_another_has_its_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "vega")
    assert chosen() == ("vega", ["profile 'vega' (recognised by SLURM_CLUSTER_NAME=vega)"])
    write(place, "vega", "{hosts: [elsewhere]}")
    assert chosen() == ("local", [LOCAL])


def test_a_broken_profile_is_named_and_the_others_still_count(place: Path) -> None:
    write(place, "mine", "{hosts: [login*]}")
    (place / "cluster_profiles" / "bad.yaml").write_text("name: bad\nscheduler: 7\n")
    name, said = chosen()
    assert name == "mine"
    assert said[0].startswith("left out: cluster_profiles/bad.yaml:2: scheduler: unknown scheduler")


def test_without_a_scheduler_the_profile_is_local() -> None:
    assert chosen() == ("local", [LOCAL])


def test_slurms_commands_without_a_cluster_are_no_scheduler(place: Path) -> None:
    command(place, "sbatch", "exit 1")
    command(place, "sinfo", f"echo '{NO_CLUSTER}' >&2; exit 1")
    assert chosen() == ("local", [LOCAL])


def test_qsub_is_no_sign_of_a_scheduler(place: Path) -> None:
    command(place, "qsub", "exit 0")
    assert chosen() == ("local", [LOCAL])


def test_a_cluster_without_a_profile_asks_for_one(place: Path) -> None:
    command(place, "sbatch", "exit 1")
    command(place, "sinfo", "exit 0")
    with pytest.raises(ProfileError) as caught:
        chosen()
    assert str(caught.value) == (
        "no profile recognises this machine, and Slurm runs here. Give --profile NAME, "
        "or let 'python -m hpcmlff.profiles detect' write one"
    )


def test_a_silent_cluster_is_not_taken_for_a_machine_without_one(place: Path) -> None:
    command(place, "sbatch", "exit 1")
    command(place, "sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(SchedulerError) as caught:
        chosen()
    assert str(caught.value) == (
        "sinfo: Unable to contact slurm controller. "
        "No profile recognises this machine; give --profile NAME"
    )


def test_no_scheduler_is_asked_where_a_profile_is_named_or_recognised(place: Path) -> None:
    command(place, "sbatch", "exit 1")
    command(place, "sinfo", f"echo asked > {place}/asked")
    write(place, "mine", "{hosts: [login*]}")
    assert chosen("local")[0] == "local"
    assert chosen()[0] == "mine"
    assert not (place / "asked").exists()
