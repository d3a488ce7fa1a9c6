from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from springs import KCAL, water, write_xyz, xyz_text

from hpcmlff.data.readers import published_xyz, read_frames
from hpcmlff.data.readers.raw import text_lines
from hpcmlff.errors import DataError

Lines = list[str]


def _read_changed(tmp_path: Path, change: Callable[[Lines], object]) -> str:
    """Message for a file of six frames of water after a change of its lines."""
    lines = xyz_text(water(6)).splitlines()
    change(lines)
    path = tmp_path / "water.xyz"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError) as raised:
        read_frames(path, format="published-xyz", units=KCAL)
    return str(raised.value).replace(f"{tmp_path}/", "")


def test_reads_every_number(tmp_path: Path) -> None:
    frames = water(7)
    found = read_frames(write_xyz(tmp_path / "water.xyz", frames), units=KCAL)
    assert found.format == "published-xyz"
    assert found.unit_origin == "stated by the user"
    assert found.frames.species.tolist() == [8, 1, 1]
    np.testing.assert_allclose(found.frames.positions, frames.positions, atol=1e-10)
    np.testing.assert_allclose(found.frames.energies, frames.energies, atol=1e-8)
    np.testing.assert_allclose(found.frames.forces, frames.forces, atol=1e-10)


def test_quick_and_exact_path_agree(tmp_path: Path) -> None:
    path = write_xyz(tmp_path / "water.xyz", water(9))
    quick = published_xyz.read(path)
    exact = published_xyz._exact(path, text_lines(path))
    for name in ("species", "positions", "energies", "forces"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(exact, name))


def test_windows_line_ends_and_empty_lines_at_the_end_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_bytes((xyz_text(water(3)) + "\n \n").replace("\n", "\r\n").encode())
    assert len(read_frames(path, units=KCAL).frames) == 3


def test_counts_written_differently_are_still_counts(tmp_path: Path) -> None:
    lines = xyz_text(water(3)).splitlines()
    lines[5] = "  3 "
    path = tmp_path / "water.xyz"
    path.write_text("\n".join(lines))
    assert len(read_frames(path, units=KCAL).frames) == 3


# Five lines a frame: frame 3 begins on line 11.
@pytest.mark.parametrize(
    ("index", "line", "message"),
    [
        (
            11,
            "-178257.8 kcal",
            "frame 3, line 12: the energy line is not one number (found '-178257.8 kcal')",
        ),
        (11, "", "frame 3, line 12: the energy line is not one number (found '')"),
        (11, "nan", "frame 3, line 12: the energy line is not one number (found 'nan')"),
        (11, "1_0", "frame 3, line 12: the energy line is not one number (found '1_0')"),
        (10, "4", "frame 3, line 11: the frame has 4 atoms, the first has 3"),
        (10, "three", "frame 3, line 11: expected a number of atoms (found 'three')"),
        (10, "0", "frame 3, line 11: expected a number of atoms (found '0')"),
        (13, "C 0 0 0 0 0 0", "frame 3, line 14: atom 2 is C, in the first frame it is H"),
        (13, "Xx 0 0 0 0 0 0", "frame 3, line 14: unknown element 'Xx'"),
        (13, "X 0 0 0 0 0 0", "frame 3, line 14: unknown element 'X'"),
        (
            13,
            "H 0 0 0 0 0",
            "frame 3, line 14: an atom needs 7 fields, symbol x y z fx fy fz (found 6)",
        ),
        (13, "H 0 0 0 0 0 one", "frame 3, line 14: 'one' is not a finite number"),
        (13, "H 0 0 inf 0 0 0", "frame 3, line 14: 'inf' is not a finite number"),
        (13, "H 0 0 1_0 0 0 0", "frame 3, line 14: '1_0' is not a finite number"),
        (13, "", "frame 3, line 14: the line is empty, expected an atom"),
        (0, "", "frame 1, line 1: the line is empty, expected a number of atoms"),
    ],
)
def test_names_the_place_of_an_error(tmp_path: Path, index: int, line: str, message: str) -> None:
    def change(lines: Lines) -> None:
        lines[index] = line

    assert _read_changed(tmp_path, change) == f"water.xyz: {message}"


def test_an_empty_line_between_frames_is_an_error(tmp_path: Path) -> None:
    expected = "water.xyz: frame 2, line 6: the line is empty, expected a number of atoms"
    assert _read_changed(tmp_path, lambda lines: lines.insert(5, "")) == expected


def test_a_file_that_is_cut_is_an_error(tmp_path: Path) -> None:
    expected = "water.xyz: frame 6, line 29: the file ends inside the frame"
    assert _read_changed(tmp_path, lambda lines: lines.pop()) == expected


def test_a_file_cut_after_a_count_line_is_an_error(tmp_path: Path) -> None:
    expected = "water.xyz: frame 5, line 21: the file ends inside the frame"
    assert _read_changed(tmp_path, lambda lines: lines.__delitem__(slice(21, None))) == expected


def test_an_unknown_element_in_the_first_frame_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_text(xyz_text(water(4), ("O", "H", "Hh")))
    with pytest.raises(DataError, match=r"water.xyz: frame 1, line 5: unknown element 'Hh'$"):
        read_frames(path, units=KCAL)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_files_that_are_no_text_are_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "water.xyz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_frames(path, format="published-xyz", units=KCAL)
    assert str(raised.value) == f"{path}: {message}"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read: Is a directory"):
        read_frames(tmp_path, format="published-xyz", units=KCAL)
    with pytest.raises(DataError, match="cannot read: Is a directory"):
        read_frames(tmp_path, units=KCAL)
