from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from hpcmlff import files
from hpcmlff.errors import CheckpointError, StoreError, Superseded
from hpcmlff.store.attempts import claim, report_progress
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.headers import is_done, newest_seal
from hpcmlff.store.image import Content
from hpcmlff.store.layout import AttemptFolder, CellFolder


def content(number: int) -> Content:
    generator = np.random.default_rng(number)
    packed = {
        "weights": generator.normal(size=(3, 4)).astype(np.float32),
        "bias": generator.normal(size=3).astype(np.float32),
        "step": np.array(number),
        "empty": np.zeros((0, 3)),
        "mask": np.array([True, False]),
        "random": generator.integers(0, 255, 16).astype(np.uint8),
    }
    return Content(packed=packed, plain={"split/test": np.arange(number)}, notes={"n": number})


def write(cell: CellFolder, attempt: AttemptFolder, numbers: range, *, final: bool = False) -> None:
    for number in numbers:
        commit(cell, attempt, number, content(number), final=final)


def assert_holds(cell: CellFolder, number: int) -> None:
    found = restore(cell)
    assert found is not None
    assert found.sequence == number
    assert found.content.notes == {"n": number}
    expected = content(number)
    for name, array in expected.packed.items():
        back = found.content.packed[name]
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert back.tobytes() == array.tobytes()
    assert found.content.plain["split/test"].tolist() == list(range(number))


def test_a_cell_without_checkpoints_has_none(cell: CellFolder) -> None:
    assert restore(cell) is None
    assert newest_seal(cell) is None
    assert not is_done(cell)


def test_the_newest_checkpoint_comes_back_bit_by_bit(cell: CellFolder) -> None:
    write(cell, claim(cell), range(1, 4))
    assert_holds(cell, 3)


def test_only_the_last_two_generations_are_kept(cell: CellFolder) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 6))
    assert [number for number, _ in attempt.generations()] == [5, 4]
    leftovers = [path.name for path in attempt.path.iterdir() if "tmp" in path.name]
    assert leftovers == []


def test_an_older_attempt_is_pruned_once_the_newer_can_stand_alone(cell: CellFolder) -> None:
    first = claim(cell)
    write(cell, first, range(1, 4))
    second = claim(cell)
    write(cell, second, range(4, 5))
    assert [number for number, _ in first.generations()] == [3]
    write(cell, second, range(5, 6))
    assert first.generations() == []
    assert first.path.is_dir()


def test_attempts_of_one_checkpoint_each_do_not_pile_up(cell: CellFolder) -> None:
    for number in range(1, 6):
        write(cell, claim(cell), range(number, number + 1))
    kept = [path.parent.name for one in cell.attempts() for _, path in one.generations()]
    assert kept == ["a000005", "a000004"]


def test_a_damaged_checkpoint_is_not_the_one_that_is_kept(cell: CellFolder) -> None:
    first = claim(cell)
    write(cell, first, range(1, 3))
    damaged = first.generation(2)
    damaged.unlink()
    damaged.write_bytes(b"damaged")
    write(cell, claim(cell), range(3, 4))
    assert first.generation(1).exists()


def test_attempts_get_numbers_of_their_own(cell: CellFolder) -> None:
    assert [claim(cell).number for _ in range(3)] == [1, 2, 3]


def test_a_superseded_attempt_cannot_commit(cell: CellFolder) -> None:
    old, new = claim(cell), None
    write(cell, old, range(1, 2))
    new = claim(cell)
    with pytest.raises(Superseded, match="attempt 2 has taken over"):
        commit(cell, old, 2, content(2), final=False)
    write(cell, new, range(2, 3))
    assert_holds(cell, 2)


def test_a_final_checkpoint_makes_the_cell_done(cell: CellFolder) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 2))
    assert not is_done(cell)
    write(cell, attempt, range(2, 3), final=True)
    assert is_done(cell)


@pytest.mark.parametrize("place", [3, 100, 490, 600, -1], ids=str)
def test_a_flipped_bit_is_noticed_and_the_one_before_serves(cell: CellFolder, place: int) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 4))
    path = attempt.generation(3)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.unlink()
    path.write_bytes(data)
    assert_holds(cell, 2)


@pytest.mark.parametrize("length", [0, 100, 512, 3000])
def test_a_file_cut_short_is_noticed(cell: CellFolder, length: int) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 4))
    path = attempt.generation(3)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:length])
    assert_holds(cell, 2)


def test_a_cell_never_starts_from_zero_in_silence(cell: CellFolder) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 3))
    for _, path in attempt.generations():
        path.unlink()
        path.write_bytes(b"rubbish")
    with pytest.raises(CheckpointError) as caught:
        restore(cell)
    text = str(caught.value)
    assert text.startswith("no checkpoint of the cell verifies:\n")
    assert f"{attempt.generation(1)}: the header is damaged" in text
    assert f"{attempt.generation(2)}: the header is damaged" in text


def test_a_full_disk_costs_the_new_checkpoint_only(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 3))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        commit(cell, attempt, 3, content(3), final=False)
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert_holds(cell, 2)
    assert sorted(path.name for path in attempt.path.iterdir()) == [
        "cell.h5",
        "g000000001.h5",
        "g000000002.h5",
    ]


def test_a_checkpoint_is_read_by_h5py_alone(cell: CellFolder) -> None:
    attempt = claim(cell)
    write(cell, attempt, range(1, 3))
    with h5py.File(attempt.newest_link, "r", locking=False) as file:
        assert file.attrs["format"] == "hpcmlff-checkpoint"
        assert json.loads(file["notes"][()].tobytes()) == {"n": 2}
        entry = json.loads(file["contents"][()].tobytes())[1]
        assert entry["name"] == "bias"
        flat = file[f"packed/{entry['dtype']}"][()]
        found = flat[entry["offset"] : entry["offset"] + 3]
    assert found.tobytes() == content(2).packed["bias"].tobytes()


def test_objects_are_refused(cell: CellFolder) -> None:
    bad: Any = {"words": np.array(["a", None], dtype=object)}
    with pytest.raises(StoreError, match="the array 'words' is of object, not of numbers"):
        commit(cell, claim(cell), 1, Content(packed=bad), final=False)


def test_an_image_of_a_newer_format_is_refused(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpcmlff.store.image.IMAGE_FORMAT", 99)
    write(cell, claim(cell), range(1, 2))
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match=r"written by a newer hpcmlff \(format 99\)"):
        restore(cell)


def test_progress_is_replaced(cell: CellFolder) -> None:
    attempt = claim(cell)
    for step in range(3):
        report_progress(attempt, {"step": step})
    assert files.read_json(attempt.progress) == {"step": 2}


_WRITER = """
import sys
import numpy as np
from pathlib import Path
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.image import Content
cell = CellFolder(Path(sys.argv[1]))
attempt = claim(cell)
found = restore(cell)
number = found.sequence if found else 0
while True:
    number += 1
    array = np.random.default_rng(number).normal(size=20000)
    commit(cell, attempt, number, Content(packed={"a": array}), final=False)
    print(number, flush=True)
"""


def test_no_acknowledged_checkpoint_is_lost_to_a_kill(cell: CellFolder) -> None:
    generator = np.random.default_rng(7)
    acknowledged = 0
    for _ in range(15):
        command = [sys.executable, "-c", _WRITER, str(cell.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(int(generator.integers(1, 8))):
                acknowledged = int(process.stdout.readline())
            process.kill()
            rest = process.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        found = restore(cell)
        assert found is not None
        assert found.sequence in {acknowledged, acknowledged + 1}
        expected = np.random.default_rng(found.sequence).normal(size=20000)
        assert found.content.packed["a"].tobytes() == expected.tobytes()


def test_claims_of_many_processes_are_unique(cell: CellFolder) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from hpcmlff.store.layout import CellFolder\n"
        "from hpcmlff.store.attempts import claim\n"
        "cell = CellFolder(Path(sys.argv[1]))\n"
        "print(*(claim(cell).number for _ in range(20)))\n"
    )
    command = [sys.executable, "-c", code, str(cell.path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    numbers = [int(word) for p in processes for word in p.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 81))


def test_a_rename_reported_as_failed_is_believed_only_after_a_look(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = claim(cell)
    replace = Path.replace

    def lying(self: Path, target: Path) -> Path:
        replace(self, target)
        if str(target).endswith("g000000001.h5"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return target

    monkeypatch.setattr(Path, "replace", lying)
    write(cell, attempt, range(1, 2))
    assert_holds(cell, 1)

    def failing(self: Path, target: Path) -> Path:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="Input/output error"):
        commit(cell, attempt, 2, content(2), final=False)
