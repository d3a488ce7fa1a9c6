from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcmlff.data.fixed import FixedSets
from hpcmlff.data.splits import Split, make_split, permutation
from hpcmlff.errors import GridError
from hpcmlff.spec.grid import SplitSettings

NONE = FixedSets()


def _split(n: int = 4000, fixed: FixedSets = NONE, seed: int = 0, **changed: object) -> Split:
    return make_split(n, fixed, SplitSettings.model_validate(changed), "glycine", seed)


def test_the_permutation_is_pinned() -> None:
    first = permutation(4000, "split", "glycine", 0)[:8].tolist()
    assert first == [468, 58, 1630, 464, 1891, 634, 1125, 1617]
    assert sorted(permutation(100, "split", "glycine", 1).tolist()) == list(range(100))


def test_a_split_is_pinned() -> None:
    split = _split()
    assert split.test[:3].tolist() == [468, 58, 1630]
    assert split.digest(200) == "f100116cdf4c9618db92f6f14628eb681d593094170449cd7886a38a30f5c850"


def test_each_molecule_and_seed_has_its_own() -> None:
    orders = [permutation(50, "split", m, s).tolist() for m in ("a", "b") for s in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(40, 300),
    test=st.integers(1, 10),
    validation=st.integers(1, 10),
    kind=st.sampled_from(["random", "blocks"]),
    block=st.integers(2, 9),
    seed=st.integers(0, 1000),
)
def test_sets_are_disjoint_nested_and_the_same_again(
    n: int, test: int, validation: int, kind: str, block: int, seed: int
) -> None:
    arguments = {"test": test, "validation": validation, "kind": kind, "block_frames": block}
    split, again = (_split(n, seed=seed, **arguments) for _ in range(2))
    assert (len(split.test), len(split.validation)) == (test, validation)
    everything = np.concatenate([split.test, split.validation, split.pool])
    assert len(set(everything.tolist())) == len(everything)
    assert set(everything.tolist()) <= set(range(n))
    if kind == "random":
        assert len(everything) == n
    small, large = split.train(3), split.train(7)
    assert large[:3].tolist() == small.tolist()
    assert split.digest(7) == again.digest(7) != split.digest(3)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(60, 400), block=st.integers(2, 9), seed=st.integers(0, 1000))
def test_no_block_stands_on_two_sides(n: int, block: int, seed: int) -> None:
    split = _split(n, seed=seed, test=9, validation=7, kind="blocks", block_frames=block)
    sides = [set((side // block).tolist()) for side in (split.test, split.validation, split.pool)]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]
    # Blocks that were not dealt to either set are all in the pool, whole.
    touched = sides[0] | sides[1]
    rest = [frame for frame in range(n) if frame // block not in touched]
    assert sorted(split.pool.tolist()) == rest


def test_blocks_are_runs_of_neighbours() -> None:
    split = _split(test=1000, kind="blocks", block_frames=100)
    runs = np.sort(split.test).reshape(10, 100)
    assert (np.diff(runs, axis=1) == 1).all()
    # The pool is dealt out frame by frame, so that a small size sees all of the path.
    assert np.ptp(split.train(50)) > 2000


def test_a_fixed_test_set_is_taken_whole() -> None:
    fixed = FixedSets(train=np.arange(80), test=np.arange(80, 100))
    split = _split(100, fixed, validation=10, test=5)
    assert split.test.tolist() == list(range(80, 100))
    assert set(split.validation.tolist()) < set(range(80))
    assert set(split.pool.tolist()) | set(split.validation.tolist()) == set(range(80))


def test_a_drawn_test_set_leaves_fixed_sets_alone() -> None:
    fixed = FixedSets(train=np.arange(50), validation=np.arange(50, 60))
    split = _split(100, fixed, test=40)
    assert sorted(split.test.tolist()) == list(range(60, 100))
    assert split.validation.tolist() == list(range(50, 60))
    assert sorted(split.pool.tolist()) == list(range(50))


def test_a_fixed_validation_set_needs_no_fixed_training_set() -> None:
    split = _split(30, FixedSets(validation=np.array([4, 2])), test=8)
    assert split.validation.tolist() == [4, 2]
    assert len(split.pool) == 20


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        (
            NONE,
            "less 1000 test and 200 validation leaves 2800",
        ),
        (
            FixedSets(train=np.arange(500), test=np.arange(900, 1000)),
            "less 100 test and 200 validation and 3400 that training may not use leaves 300",
        ),
    ],
)
def test_a_size_that_is_too_large_is_refused(fixed: FixedSets, message: str) -> None:
    with pytest.raises(GridError) as raised:
        _split(fixed=fixed).digest(5000)
    start = "size 5000 is larger than the data allows: glycine has 4000 frames, "
    assert str(raised.value) == start + message
    assert raised.value.key == ("axes", "size")


@pytest.mark.parametrize("name", ["test", "validation"])
def test_sets_that_are_too_large_are_refused(name: str) -> None:
    with pytest.raises(GridError) as raised:
        _split(50, **({"test": 10, "validation": 10} | {name: 60}))
    left = 50 if name == "test" else 40
    message = f"{name} {60} is larger than the data allows: glycine has {left} frames left for it"
    assert str(raised.value) == message
    assert raised.value.key == ("split", name)
