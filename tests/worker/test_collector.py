"""The garbage collector rests while a process begins, and only then."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from hpcmlff.worker import collector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_it_works_again_and_leaves_alone_what_was_there_before() -> None:
    collector.rest()
    assert not gc.isenabled()
    collector.resume()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_one_that_never_rested_is_left_as_it_is() -> None:
    before = gc.get_freeze_count()
    collector.resume()
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
