from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpcmlff.errors import ProfileError
from hpcmlff.executors.lookup import available, find_profile, folders, load_profile
from hpcmlff.spec.profile import ClusterProfile, LocalProfile


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HPCMLFF_PROFILES", raising=False)
    return tmp_path


def write(folder: Path, name: str, text: str = "scheduler: local\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(f"name: {name}\n{text}")
    return path


@pytest.mark.parametrize("name", ["local", "vega", "aneesur"])
def test_shipped_profiles_are_valid(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert isinstance(profile, LocalProfile if name == "local" else ClusterProfile)


def test_folders_are_looked_into_in_their_order(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPCMLFF_PROFILES", os.pathsep.join([str(home / "a"), "", str(home / "b")]))
    order = [home / "cluster_profiles", home / "a", home / "b", home / "config/hpcmlff/profiles"]
    for folder in reversed(order):
        expected = write(folder, "vega")
        assert find_profile("vega").resolve() == expected
    assert [folder.resolve() for folder in folders()[:-1]] == order


def test_the_users_folder_is_below_home_if_nothing_else_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert folders()[1] == home / ".config" / "hpcmlff" / "profiles"


def test_a_path_is_taken_as_it_is(home: Path) -> None:
    write(home / "cluster_profiles", "vega")
    other = write(home / "elsewhere", "vega", "scheduler: local\ndescription: other\n")
    assert load_profile("elsewhere/vega.yaml").description == "other"
    assert find_profile(str(other)) == other
    with pytest.raises(ProfileError) as caught:
        load_profile("./vega.yaml")
    assert str(caught.value) == "vega.yaml: cannot read: No such file or directory"


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("locale")
    assert str(caught.value) == "unknown profile 'locale'. Did you mean 'local'?"


QUEUE = "name: a\n    cpus: 4\n    mem_gb: 2\n    walltime: 1h"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scheduler: local\ngraec: 5s\n", ":3: graec: unknown key. Did you mean 'grace'?"),
        ("scheduler: slrum\n", ":2: scheduler: unknown scheduler 'slrum'. Did you mean 'slurm'?"),
        ("scheduler: [7]\n", ":2: scheduler: unknown scheduler [7]. Valid: local, pbs, slurm"),
        ("grace: 5s\n", ":1: the key 'scheduler' is missing"),
        ("scheduler: slurm\n", ":1: the key 'partitions' is missing"),
        (
            "scheduler: slurm\npartitions:\n  - {name: a, cpus: 1, mem: 2, walltime: 1h}\n",
            ":4: partitions.0.mem: unknown key. Did you mean 'mem_gb'?",
        ),
        (
            f"scheduler: slurm\npartitions:\n  - {QUEUE}\n    cells_per_job: 5\n",
            (
                ":8: partitions.0.cells_per_job: cells of one job need a core each, and there "
                "are 4 (found 5)"
            ),
        ),
    ],
)
def test_a_wrong_profile_is_refused_with_file_line_and_key(
    home: Path, text: str, message: str
) -> None:
    path = write(home, "x", text)
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    assert str(caught.value).splitlines()[0].removeprefix(str(path)) == message


def test_all_profiles_are_listed_the_broken_and_the_shadowed_too(home: Path) -> None:
    mine = write(home / "cluster_profiles", "vega", "scheduler: slrum\n")
    write(home / "config/hpcmlff/profiles", "ours")
    found = {(one.name, one.path.resolve()): one for one in available()}
    assert [name for name, _ in found] == ["vega", "ours", "aneesur", "local", "sabarmati", "vega"]
    broken = found["vega", mine]
    assert broken.profile is None
    assert "unknown scheduler 'slrum'" in str(broken.error)
    shipped = list(found.values())[-1]
    assert shipped.shadowed_by is not None
    assert shipped.shadowed_by.resolve() == mine
    assert load_profile("ours").name == "ours"
