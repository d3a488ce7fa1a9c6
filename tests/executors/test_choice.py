from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.errors import GridError, ProfileError
from hpcmlff.executors.capacity import Capacity, capacity_of, check_fits
from hpcmlff.executors.choice import executor_for, load_profile
from hpcmlff.executors.local import LocalExecutor
from hpcmlff.spec.profile import Profile
from hpcmlff.spec.resources import Resources


def test_the_shipped_local_profile_is_valid() -> None:
    profile = load_profile("local")
    assert (profile.name, profile.scheduler, profile.cpus) == ("local", "local", "auto")
    assert isinstance(executor_for(profile), LocalExecutor)


def test_a_profile_in_the_current_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cluster_profiles").mkdir()
    (tmp_path / "cluster_profiles" / "local.yaml").write_text(
        "name: mine\nscheduler: local\ngrace: 5s\n"
    )
    monkeypatch.chdir(tmp_path)
    assert (load_profile("local").name, load_profile("local").grace) == ("mine", 5)
    assert load_profile("cluster_profiles/local.yaml").name == "mine"


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("locale")
    assert str(caught.value) == "unknown profile 'locale'. Did you mean 'local'?"


def test_a_wrong_profile_is_refused_with_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("name: x\nscheduler: local\ngraec: 5s\n")
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    assert str(caught.value) == f"{path}:3: graec: unknown key. Did you mean 'grace'?"


def test_capacity_follows_the_profile() -> None:
    profile = Profile(name="x", scheduler="local", cpus=4, gpus=1, mem_gb=8.0)
    assert capacity_of(profile) == Capacity(cpus=4, gpus=1, mem_gb=8.0, cells=4)
    machine = capacity_of(Profile(name="x", scheduler="local", max_parallel=1))
    assert machine.cpus >= 1
    assert machine.mem_gb > 0.1
    assert machine.cells == 1


def test_a_cell_that_fits_nowhere_is_refused_with_what_there_is() -> None:
    capacity = Capacity(cpus=2, gpus=0, mem_gb=8.0, cells=2)
    check_fits(capacity, Resources(cpus=2, mem_gb=8.0), "sgdml/glycine/n200", "local")
    with pytest.raises(GridError) as caught:
        check_fits(capacity, Resources(cpus=1, mem_gb=64.0), "sgdml/glycine/n200", "local")
    assert str(caught.value) == (
        "sgdml/glycine/n200 asks for 1 cpus, 0 gpus, 64 GiB; the profile 'local' offers "
        "2 cpus, 0 gpus, 8.0 GiB. Ask for less, or choose another profile"
    )


def test_what_is_left_beside_running_cells_is_counted() -> None:
    left = Capacity(cpus=2, gpus=1, mem_gb=8.0, cells=1).less(Resources(gpus=1))
    assert left == Capacity(cpus=1, gpus=0, mem_gb=4.0, cells=0)
    assert not left.fits(Resources())
