from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcmlff.data.fixed import FixedSets, check_disjoint, read_indices
from hpcmlff.errors import DataError


def _message(path: Path, base: int = 0) -> str:
    with pytest.raises(DataError) as raised:
        read_indices(path, n_frames=10, base=base)
    return str(raised.value).replace(f"{path.parent}/", "")


def test_reads_one_number_a_line(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("3\n\n 7 \n0\n")
    assert read_indices(path, n_frames=10, base=0).tolist() == [3, 7, 0]


def test_numbers_may_count_from_one(tmp_path: Path) -> None:
    path = tmp_path / "train.npy"
    np.save(path, np.array([10, 1], dtype=np.uint16))
    assert read_indices(path, n_frames=10, base=1).tolist() == [9, 0]


@pytest.mark.parametrize(
    ("text", "base", "message"),
    [
        ("1\n10\n", 0, "line 2: 10 is out of range, frames are numbered 0 to 9"),
        ("1\n0\n", 1, "line 2: 0 is out of range, frames are numbered 1 to 10"),
        ("1\n\n4\n1\n", 0, "line 4: 1 stands twice, first in line 1"),
        ("1\ntwo\n", 0, "line 2: expected one frame number (found 'two')"),
        ("1\n-2\n", 0, "line 2: expected one frame number (found '-2')"),
        ("\n", 0, "there are no frame numbers"),
    ],
)
def test_names_the_line_of_an_error(tmp_path: Path, text: str, base: int, message: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text(text)
    assert _message(path, base) == f"train.txt: {message}"


def test_arrays_are_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "train.npy"
    assert _message(path) == "train.npy: no such file"
    np.save(path, np.array([1, 5, 1]))
    assert _message(path) == "train.npy: entry 3: 1 stands twice, first in entry 1"
    np.save(path, np.array([1.0, 5.0]))
    assert _message(path) == "train.npy: is not one row of whole numbers"
    path.write_text("1\n")
    assert _message(path) == "train.npy: is not an npy file of plain numbers"


def test_missing_and_unreadable_files_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    assert _message(path) == "train.txt: no such file"
    path.write_bytes(b"\xff\n")
    assert _message(path).startswith("train.txt: cannot read: ")


def test_a_frame_in_two_sets_is_an_error() -> None:
    fixed = FixedSets(train=np.array([1, 2, 3]), test=np.array([3, 2]))
    with pytest.raises(DataError) as raised:
        check_disjoint(fixed, {"train": "a.txt", "test": "b.txt"}, 1)
    expected = "a.txt and b.txt: frame 3 is both in the train and in the test set, as are 1 more"
    assert str(raised.value) == expected
    check_disjoint(FixedSets(train=np.array([1]), validation=np.array([0])), {}, 0)
