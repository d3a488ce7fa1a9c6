"""The page of examples is right: its code is run, on the local executor."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import write_xyz

PAGE = Path(__file__).parents[2] / "jobs" / "python_api.md"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def test_the_code_of_the_page_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_xyz(tmp_path / "frames.xyz", 60)
    [grid] = blocks("yaml")
    (tmp_path / "grid.yaml").write_text(grid)
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks("python")):
        exec(compile(block, f"{PAGE.name}, block {number + 1}", "exec"), names)  # noqa: S102
    assert [(kind.size, kind.cells, kind.time_from) for kind in names["plan"].kinds] == [
        (10, 2, "default"),
        (20, 2, "default"),
    ]
    assert len(names["submission"].cells) == 4
    assert (names["final"].counts["done"], names["final"].all_done) == (4, True)
    assert list(names["table"]["state"]) == ["done"] * 4
    assert list(names["curve"]["count"]) == [2, 2]
    assert (tmp_path / "paper" / "results.html").is_file()
    assert [(one.cells, one.finished) for one in names["more"].kinds] == [(1, 2), (1, 2)]
    assert names["rest"].status.counts["done"] == 6
    assert names["again"].cells == ()
    assert names["facts"]["state"] == "done"
    assert capsys.readouterr().out.splitlines()[-1].startswith("GridError no-such-grid.yaml: ")
