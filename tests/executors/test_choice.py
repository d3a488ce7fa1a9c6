from __future__ import annotations

import pytest

from hpcmlff.errors import GridError
from hpcmlff.executors.capacity import Capacity, capacity_of, check_fits
from hpcmlff.executors.choice import executor_for, load_profile
from hpcmlff.executors.local import LocalExecutor
from hpcmlff.executors.slurm import SlurmExecutor
from hpcmlff.spec.profile import LocalProfile
from hpcmlff.spec.resources import Resources


def test_the_scheduler_of_a_profile_chooses_the_executor() -> None:
    assert isinstance(executor_for(load_profile("local")), LocalExecutor)
    vega = load_profile("vega")
    assert executor_for(vega) == SlurmExecutor(vega)


def test_capacity_follows_the_profile() -> None:
    profile = LocalProfile(name="x", scheduler="local", cpus=4, gpus=1, mem_gb=8.0)
    assert capacity_of(profile) == Capacity(cpus=4, gpus=1, mem_gb=8.0, cells=4)
    machine = capacity_of(LocalProfile(name="x", scheduler="local", max_parallel=1))
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
