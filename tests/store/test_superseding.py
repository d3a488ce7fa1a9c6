from __future__ import annotations

import numpy as np
import pytest

from hpcmlff.errors import Superseded
from hpcmlff.store import publishing
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.image import Content
from hpcmlff.store.layout import AttemptFolder, CellFolder
from hpcmlff.store.superseding import leads_to


def write(cell: CellFolder, attempt: AttemptFolder, *numbers: int) -> None:
    for number in numbers:
        commit(cell, attempt, number, Content(packed={"n": np.array(number)}), final=False)


def served(cell: CellFolder) -> int:
    found = restore(cell)
    assert found is not None
    return found.sequence


def test_the_link_for_readers_leads_to_the_attempt_that_has_taken_over(cell: CellFolder) -> None:
    first = claim(cell)
    assert leads_to(cell) == ""
    write(cell, first, 1, 2)
    assert leads_to(cell) == "a000001"
    second = claim(cell)
    assert leads_to(cell) == "a000001"
    write(cell, second, 3)
    assert leads_to(cell) == "a000002"
    assert (cell.newest / "cell.h5").samefile(second.generation(3))


def test_an_older_attempt_in_the_midst_of_its_first_commit_cannot_take_the_link_back(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = claim(cell)
    sync = publishing.link_newest

    def overtaken(attempt: AttemptFolder, target: object) -> None:
        monkeypatch.undo()
        write(cell, claim(cell), 1, 2)
        sync(attempt, target)  # type: ignore[arg-type]

    monkeypatch.setattr("hpcmlff.store.checkpoints.link_newest", overtaken)
    write(cell, old, 1)
    assert leads_to(cell) == "a000002"
    assert served(cell) == 2


def test_an_attempt_whose_half_written_file_was_cleared_is_superseded_not_failed(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = claim(cell)
    write(cell, old, 1)
    write_temporary = publishing.write_temporary

    def overtaken(*given: object) -> object:
        monkeypatch.undo()
        made = write_temporary(*given)  # type: ignore[arg-type]
        write(cell, claim(cell), 2)
        return made

    monkeypatch.setattr(publishing, "write_temporary", overtaken)
    with pytest.raises(Superseded, match="attempt 2 has taken over"):
        write(cell, old, 2)
    assert [path.name for path in old.path.glob(".g*")] == []


def test_what_killed_attempts_leave_does_not_add_up(cell: CellFolder) -> None:
    for number in range(1, 6):
        attempt = claim(cell)
        write(cell, attempt, number)
        (attempt.path / f".g{number + 1:09d}.0123.tmp.h5").write_bytes(b"half")
    kept = {path.stat().st_ino for path in cell.path.rglob("*.h5") if path.is_file()}
    # Two checkpoints, and what the last attempt was writing.
    assert len(kept) == 3


def test_what_attempts_leave_that_were_killed_before_links_could_follow_does_not_add_up(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    write(cell, claim(cell), 1, 2)
    for number in (3, 4):
        with monkeypatch.context() as patch:
            patch.setattr("hpcmlff.store.checkpoints.link_newest", killed)
            with pytest.raises(KilledError):
                write(cell, claim(cell), number)
    with monkeypatch.context() as patch:
        patch.setattr("hpcmlff.store.checkpoints.publish", killed)
        with pytest.raises(KilledError):
            write(cell, claim(cell), 5)
    kept = {path.stat().st_ino: path.name for path in cell.path.rglob("*.h5") if path.is_file()}
    assert len(kept) == 2
    # Links have followed as well.
    assert (cell.newest / "cell.h5").samefile(cell.attempt(3).generation(4))
    assert served(cell) == 4


def test_checkpoints_that_are_replaced_while_they_are_listed_are_looked_for_again(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = claim(cell)
    write(cell, attempt, 1, 2)

    def replaced(path: object) -> object:
        monkeypatch.undo()
        write(cell, attempt, 3, 4, 5)
        raise FileNotFoundError(path)

    monkeypatch.setattr("hpcmlff.store.checkpoints.load", replaced)
    assert served(cell) == 5
