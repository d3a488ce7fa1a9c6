from __future__ import annotations

from pathlib import Path

import pytest
from springs import KCAL, water, xyz_text

from hpcmlff.data.readers import read_frames, recognise
from hpcmlff.errors import DataError


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xyz", b"1\n-0.5\nH 0 0 0 0 0 0\n", "published-xyz"),
        ("a.txt", b"1\n-0.5\nH 0 0 0 0 0 0\n", "published-xyz"),
        ("a.xyz", b"1\nProperties=species:S:1:pos:R:3\nH 0 0 0\n", "extxyz"),
        ("a.data", b"PK\x03\x04...", "npz"),
        ("a.data", b"SQLite format 3\x00...", "ase-db"),
        ("a.json", b"{}", "ase-db"),
    ],
)
def test_tells_the_format_from_the_content(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert recognise(path) == expected


@pytest.mark.parametrize("content", [b"1\n-0.5 kcal\nH 0 0 0", b"1\n\nH 0 0 0", b"H 0 0 0", b""])
def test_an_ambiguous_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xyz"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        recognise(path)
    assert str(raised.value) == (
        f"{path}: the format cannot be told from the file. "
        "Write format: and one of published-xyz, extxyz, npz, ase-db"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_frames(tmp_path / "a.xyz")
    assert str(raised.value) == f"{tmp_path / 'a.xyz'}: no such file"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_text(xyz_text(water(2)))
    with pytest.raises(DataError) as raised:
        read_frames(path, format="extxzy", units=KCAL)
    assert str(raised.value) == f"{path}: unknown format 'extxzy'. Did you mean 'extxyz'?"
