from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.errors import GridError, InputError
from hpcmlff.spec.resources import Resources
from hpcmlff.spec.strict import Strict
from hpcmlff.yamlio import read


class Part(Strict):
    number: int


class Whole(Strict):
    title: str
    parts: list[Part] = []  # noqa: RUF012
    named: dict[str, Part] = {}  # noqa: RUF012
    maybe: Part | None = None


def refuse(tmp_path: Path, text: str) -> str:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path, GridError).parse(Whole)
    assert isinstance(caught.value, GridError)
    return str(caught.value).replace(f"{path}", "file.yaml")


def test_a_correct_document_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("title: a\nparts:\n  - number: 1\n  - &two {number: 2}\nmaybe: *two\n")
    found = read(path).parse(Whole)
    assert found == Whole(title="a", parts=[Part(number=1), Part(number=2)], maybe=Part(number=2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: a\ntitel: b\n", "file.yaml:2: titel: unknown key. Did you mean 'title'?"),
        ("titel: b\n", "file.yaml:1: titel: unknown key. Did you mean 'title'?"),
        ("parts: []\n", "file.yaml:1: the key 'title' is missing"),
        ("title: 3\n", "file.yaml:1: title: input should be a valid string (found 3)"),
        (
            "title: a\nparts:\n  - number: 1\n  - nubmer: 2\n",
            "file.yaml:4: parts.1.nubmer: unknown key. Did you mean 'number'?",
        ),
        (
            "title: a\nnamed:\n  x: {number: 1, numbr: 2}\n",
            "file.yaml:3: named.x.numbr: unknown key. Did you mean 'number'?",
        ),
        (
            "title: a\nmaybe:\n  number: '1'\n",
            'file.yaml:3: maybe.number: input should be a valid integer (found "1")',
        ),
        (
            "title: a\nparts:\n- number: 1\n\ntitle: b\n",
            "file.yaml:5: title: stands twice, first on line 1",
        ),
        ("title: [a\n", "file.yaml:2: did not find expected ',' or ']'"),
        ("title: a\nparts: [{number: .nan}]\n", "file.yaml:2: parts.0.number: "),
        ("", "file.yaml:1: input should be"),
    ],
)
def test_a_wrong_document_is_refused_with_file_line_and_key(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refuse(tmp_path, text).startswith(message)


def test_all_findings_are_told_at_once(tmp_path: Path) -> None:
    assert refuse(tmp_path, "title: 1\nparts: 2\n").count("file.yaml:") == 2


def test_python_objects_are_never_made(tmp_path: Path) -> None:
    text = "title: !!python/object/apply:os.system ['true']\n"
    assert "title: input should be a valid string" in refuse(tmp_path, text)


def test_dates_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("title: 2026-01-01\n")
    assert read(path).parse(Whole).title == "2026-01-01"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere.yaml: cannot read: No such file or directory"):
        read(tmp_path / "nowhere.yaml")


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"title: \xff\n")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read(path)


def test_locating_gives_place_to_errors_that_know_their_key(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("title: a\nparts:\n  - number: 1\n")
    document = read(path)
    with pytest.raises(GridError) as caught, document.locating():
        raise GridError("is odd", key=("parts", 0, "number", "deep"))
    assert str(caught.value) == f"{path}:3: parts.0.number.deep: is odd"


def test_durations_need_their_unit(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    for text, walltime_s in [
        ("90m", 5400),
        ("1-12:00:00", 129600),
        ("48h", 172800),
        ("2d", 172800),
    ]:
        path.write_text(f"walltime: {text}\n")
        assert read(path).parse(Resources).walltime == walltime_s
    for text in ("3600", "soon", "0s"):
        path.write_text(f"walltime: {text}\n")
        with pytest.raises(InputError, match="walltime"):
            read(path).parse(Resources)
