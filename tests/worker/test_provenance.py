from __future__ import annotations

from hpcmlff.worker.provenance import moves


def test_a_move_to_another_machine_is_told() -> None:
    here = {"attempt": 1, "cpu": "A (2 cores)", "threads": 2, "packages": {"numpy": "2"}}
    assert moves([]) == moves([here]) == moves([here, {**here, "attempt": 2}]) == []
    there = {**here, "attempt": 3, "cpu": "B (64 cores)", "threads": 8}
    assert moves([here, {**here, "attempt": 2}, there]) == [
        "attempt 3: cpu B (64 cores) after A (2 cores)",
        "attempt 3: threads 8 after 2",
    ]
