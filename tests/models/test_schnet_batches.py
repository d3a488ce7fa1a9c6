from __future__ import annotations

import numpy as np
import pytest
import torch

from hpcmlff.models.schnet.batches import Geometries, order, pairs_within
from hpcmlff.testing.molecules import SPECIES, samples


# schnetpack hands tensors to ASE, which numpy 2 does not like.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("cutoff_ang", [1.0, 1.6, 2.3, 10.0])
def test_neighbours_are_those_of_schnetpack(cutoff_ang: float) -> None:
    from schnetpack import properties
    from schnetpack.transform import ASENeighborList

    for frame in samples(4, seed=5).positions:
        inputs = {
            properties.Z: torch.tensor(SPECIES),
            properties.R: torch.tensor(frame),
            properties.cell: torch.zeros((3, 3), dtype=torch.float64),
            properties.pbc: torch.zeros(3, dtype=torch.bool),
        }
        found = ASENeighborList(cutoff=cutoff_ang)(inputs)
        theirs = {*zip(found["_idx_i"].tolist(), found["_idx_j"].tolist(), strict=True)}
        pairs = pairs_within(frame, cutoff_ang)
        ours = [*zip(*pairs.tolist(), strict=True), *zip(*pairs[::-1].tolist(), strict=True)]
        assert set(ours) == theirs
        assert len(ours) == len(theirs)


def test_a_batch_joins_its_frames() -> None:
    positions = np.zeros((3, 3, 3))
    positions[:, 1, 0] = 1.0
    positions[:, 2, 0] = [2.0, 9.0, 1.5]
    frames = Geometries(np.array([1, 6, 8]), positions, 1.2, "cpu")
    inputs = frames.inputs(np.array([2, 1, 0]))
    assert inputs["_atomic_numbers"].tolist() == [1, 6, 8] * 3
    assert inputs["_positions"][2].tolist() == [1.5, 0.0, 0.0]
    assert inputs["_positions"].dtype == torch.float32
    assert inputs["_idx_i"].tolist() == [0, 1, 3, 6, 7, 1, 2, 4, 7, 8]
    assert inputs["_idx_j"].tolist() == [1, 2, 4, 7, 8, 0, 1, 3, 6, 7]


def test_chunks_keep_to_the_number_of_pairs() -> None:
    frames = Geometries(SPECIES, samples(7, seed=1).positions, 10.0, "cpu")
    assert [chunk.tolist() for chunk in frames.chunks(25)] == [[0, 1], [2, 3], [4, 5], [6]]
    assert [chunk.tolist() for chunk in frames.chunks(3)] == [[k] for k in range(7)]
    assert [chunk.tolist() for chunk in frames.chunks()] == [list(range(7))]


def test_no_frames_make_no_chunks() -> None:
    assert not [*Geometries(SPECIES, np.zeros((0, 5, 3)), 5.0, "cpu").chunks()]


def test_the_order_follows_from_seed_and_pass() -> None:
    assert order(2**127 + 1, 3, 6).tolist() == [1, 0, 3, 5, 4, 2]
    assert sorted(order(1, 0, 50)) == list(range(50))
    assert order(1, 0, 50).tolist() != order(1, 1, 50).tolist()
    assert order(1, 0, 50).tolist() != order(2, 0, 50).tolist()
