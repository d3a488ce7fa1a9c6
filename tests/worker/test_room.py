from __future__ import annotations

from collections.abc import Callable

import pytest

from hpcmlff.executors.capacity import Capacity
from hpcmlff.spec.resources import Resources
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.store import Store
from hpcmlff.worker.room import Machine, Seat, WholeJob

Settled = Callable[..., tuple[Store, FrozenGrid]]

GPU = Resources(cpus=1, gpus=1, mem_gb=1.0)


@pytest.fixture
def machine(settled: Settled) -> Machine:
    capacity = Capacity(cpus=8, gpus=2, mem_gb=16.0, cells=8)
    store, _ = settled()
    return Machine(store=store, record=1, capacity=capacity, look_s=60.0, cells_per_job=1)


def taken(machine: Machine, wanted: Resources, most: int = 20) -> list[Seat]:
    seats = (machine.take(wanted) for _ in range(most))
    return [seat for seat in seats if seat is not None]


def test_a_machine_takes_cells_until_cores_or_memory_are_used_up(machine: Machine) -> None:
    assert len(taken(machine, Resources(cpus=3, mem_gb=1.0))) == 2
    [last] = taken(machine, Resources(cpus=1, mem_gb=8.0))
    assert machine.take(Resources(cpus=1, mem_gb=8.0)) is None
    machine.leave(last)
    assert machine.take(Resources(cpus=2, mem_gb=14.0)) is not None


def test_a_cell_without_gpus_sees_none(machine: Machine) -> None:
    [seat] = taken(machine, Resources(cpus=8, mem_gb=1.0))
    assert dict(seat.variables) == {"CUDA_VISIBLE_DEVICES": ""}


def test_each_cell_has_gpus_of_its_own(machine: Machine) -> None:
    seats = taken(machine, GPU)
    assert [dict(seat.variables)["CUDA_VISIBLE_DEVICES"] for seat in seats] == ["0", "1"]
    machine.leave(seats[0])
    assert taken(machine, GPU)[0].gpus == (0,)


def test_so_many_cells_as_the_grid_says_are_on_the_same_gpu(machine: Machine) -> None:
    both = GPU.model_copy(update={"cells_per_job": 3})
    seats = taken(machine, both)
    assert [seat.gpus for seat in seats] == [(0,), (0,), (0,), (1,), (1,), (1,)]
    for seat in seats[:2]:
        machine.leave(seat)
    # The third one is still there.
    assert machine.take(GPU) is None
    assert taken(machine, both)[0].gpus == (0,)


def test_or_as_the_profile_says(machine: Machine) -> None:
    machine.cells_per_job = 2
    assert [seat.gpus for seat in taken(machine, GPU)] == [(0,), (0,), (1,), (1,)]
    machine.taken.clear()
    alone = GPU.model_copy(update={"cells_per_job": 1})
    assert [seat.gpus for seat in taken(machine, alone)] == [(0,), (1,)]


def test_cells_on_the_same_gpu_need_cores_and_memory_of_their_own(machine: Machine) -> None:
    large = Resources(cpus=3, gpus=2, mem_gb=1.0, cells_per_job=4)
    assert [seat.gpus for seat in taken(machine, large)] == [(0, 1), (0, 1)]


def test_a_job_of_a_cluster_has_room_for_all_and_leaves_the_gpus_as_they_are() -> None:
    seat = WholeJob().take(GPU)
    assert (seat.resources, dict(seat.variables)) == (GPU, {})
