from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hpcmlff.outputs import Tail, job_output, newest_record, tail
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store, create_store

INTENT = Intent(
    profile={"name": "test"},
    cells=("a", "b"),
    mark="mark1",
    revision=1,
    placement={"cells_per_element": 1},
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create_store(tmp_path / "store", "study")


@pytest.mark.parametrize(
    ("cells_per_element", "names", "expected"),
    [
        (
            1,
            ["63_1_0_log.err", "63_1_0_log.out", "63_0_0_log.out", "63_10_0_log.out"],
            ["63_1_0_log.err", "63_1_0_log.out"],
        ),
        (1, ["12[1].pbs.OU", "12[0].pbs.OU", "12_1_0_log.out"], ["12[1].pbs.OU", "12_1_0_log.out"]),
        (2, ["63_0_log.out", "63_0_result.pkl", "63_submission.sh"], ["63_0_log.out"]),
    ],
)
def test_a_cells_job_has_its_own_files(
    store: Store, cells_per_element: int, names: list[str], expected: list[str]
) -> None:
    place = {"cells_per_element": cells_per_element}
    record = store.ledger.intend(replace(INTENT, placement=place))
    assert job_output(store, record, "b") == []
    folder = store.layout.private / "mark1"
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    assert [path.name for path in job_output(store, record, "b")] == expected


def test_the_newest_submission_of_a_cell_counts(store: Store) -> None:
    assert newest_record(store, "a") is None
    store.ledger.intend(INTENT)
    store.ledger.intend(replace(INTENT, cells=("b",)))
    records = [newest_record(store, cell) for cell in "abc"]
    assert [one.number if one else None for one in records] == [1, 2, None]


def test_the_last_lines_of_a_file_and_where_they_end(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes("one\ntwö\n".encode() + b"\xff\nfour")
    assert tail(path, 2) == Tail(text="�\nfour", end=15)
    assert tail(path, 0).text == "one\ntwö\n�\nfour"
    path.write_bytes(b"")
    assert tail(path, 2) == Tail(text="", end=0)
