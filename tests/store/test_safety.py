"""Stores that come from other people: nothing leaves the store, nothing comes in."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from store.made import STEPS, content, make_store, train

from hpcmlff.errors import CheckpointError, StoreError
from hpcmlff.spec.cells import Cell
from hpcmlff.store.__main__ import main
from hpcmlff.store.attempts import claim
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import commit_image, restore
from hpcmlff.store.datasets import read_frames
from hpcmlff.store.image import from_image, to_image
from hpcmlff.store.index import refresh
from hpcmlff.store.sealed import seal
from hpcmlff.store.store import Store, create_store, open_store
from hpcmlff.store.verifying import verify_store
from hpcmlff.store.walking import walk_cells

Made = tuple[Store, list[Cell]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    store, cells = make_store(tmp_path / "store")
    train(store, cells[0], 10, 20)
    train(store, cells[1], STEPS)
    return store, cells


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else's files."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.bin").write_bytes(np.arange(10.0).tobytes())
    with h5py.File(folder / "secret.h5", "w") as file:
        file["numbers"] = np.arange(10.0)
    return folder


LABELS = [
    "../../../outside/x/n1/s0-0123456789ab",
    "mean/../n1/s0-0123456789ab",
    "mean/springs/n1/../../..",
    "/etc/springs/n1/s0-0123456789ab",
    "mean/springs/n1/s0-0123456789ab/x",
    "mean/springs/n1/s0-0123456789ab\n",
    "mean/spr\nings/n1/s0-0123456789ab",
    "mean/springs/n../s0-0123456789ab",
    "mean/.springs/n1/s0-0123456789ab",
    "",
]


@pytest.mark.parametrize("label", LABELS, ids=ascii)
def test_a_label_cannot_leave_the_store(made: Made, label: str) -> None:
    with pytest.raises(StoreError) as caught:
        made[0].layout.cell(label)
    assert str(caught.value) == f"{label!r} is not the label of a cell"


@pytest.mark.parametrize("name", ["../springs", "/etc/passwd", "", "a\n", ".hidden", "a/b"])
def test_a_molecule_and_a_mark_cannot_leave_the_store(made: Made, name: str) -> None:
    store, _ = made
    with pytest.raises(StoreError, match="is not a name for a molecule"):
        store.layout.dataset(name)
    with pytest.raises(StoreError, match="is not a name for a molecule"):
        store.layout.generated(name)
    record = store.layout.ledger / "000001.json"
    record.write_text(json.dumps(json.loads(record.read_bytes()) | {"mark": name}))
    with pytest.raises(StoreError, match="is not a name for a submission's mark"):
        store.ledger.read(1)


def test_hostile_cells_in_a_grid_are_refused(made: Made) -> None:
    store, _ = made
    path = next(store.layout.grids.glob("cells-*.jsonl"))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0][2]["molecule"] = "../../../outside"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["index", str(store.path)]) == 4
    assert main(["export", str(store.path), "-o", str(store.path.parent / "out.h5")]) == 4
    assert not (store.path.parent / "out.h5").exists()


@pytest.mark.parametrize("depth", range(4))
def test_a_linked_folder_of_a_cell_is_neither_written_nor_used(
    made: Made, outside: Path, depth: int, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = made
    folder = store.cell(cells[0])
    part = [folder.path, *folder.path.parents][depth]
    moved = outside / part.name
    shutil.move(part, moved)
    part.symlink_to(moved)
    before = sorted(outside.rglob("*"))
    with pytest.raises(StoreError, match="is a link, which a cell's folder must not be"):
        claim(folder)
    assert cells[0].label.encode() not in refresh(store, cells)["label"].tolist()
    assert main(["verify", str(store.path)]) == 4
    out = " ".join(capsys.readouterr().out.split())
    assert "is a link, not followed" in out
    fresh = create_store(store.path.parent / "fresh", "study")
    assert main(["merge", str(store.path), str(fresh.path)]) == 0
    assert restore(fresh.cell(cells[0])) is None
    assert main(["prune", str(store.path), "--keep", "1"]) == 0
    assert sorted(outside.rglob("*")) == before


def test_linked_checkpoints_attempts_blocks_and_frames_are_not_followed(
    made: Made, outside: Path
) -> None:
    store, cells = made
    attempt = store.cell(cells[0]).attempts()[0]
    for _, path in attempt.generations():
        moved = outside / path.name
        shutil.move(path, moved)
        path.symlink_to(moved)
    with pytest.raises(CheckpointError, match="is a link, which is not followed"):
        restore(store.cell(cells[0]))
    store.cell(cells[1]).attempt(7).path.symlink_to(outside)
    assert [one.number for one in store.cell(cells[1]).attempts()] == [1]
    store.cell(cells[1]).blocks.symlink_to(outside)
    with pytest.raises(StoreError, match="is a link, which is not followed"):
        CellBlocks(store.cell(cells[1])).put("panel", np.ones(3))
    frames = store.layout.dataset("springs")
    shutil.move(frames, outside / "frames.h5")
    frames.symlink_to(outside / "frames.h5")
    with pytest.raises(StoreError, match="is a link, which is not followed"):
        read_frames(frames)
    assert main(["verify", str(store.path)]) == 4
    assert main(["prune", str(store.path), "--keep", "1"]) == 0
    assert sorted(path.name for path in outside.iterdir()) == [
        "frames.h5",
        "g000000001.h5",
        "g000000002.h5",
        "secret.bin",
        "secret.h5",
    ]


def test_a_link_for_readers_that_leads_out_is_named_and_replaced(made: Made, outside: Path) -> None:
    store, cells = made
    newest = store.cell(cells[0]).newest
    newest.unlink()
    newest.symlink_to(outside)
    (found,) = verify_store(store).findings
    assert (found.path, found.what) == (newest, "leads to no attempt")
    train(store, cells[0], 30)
    assert str(newest.readlink()) == "a000002"
    assert main(["verify", str(store.path)]) == 0


def test_a_pipe_under_a_checkpoints_name_does_not_block(made: Made) -> None:
    store, cells = made
    attempt = store.cell(cells[0]).attempts()[0]
    os.mkfifo(attempt.generation(9))
    found = restore(store.cell(cells[0]))
    assert found is not None
    assert found.sequence == 2


def test_strange_folders_are_named_on_one_line_and_left_alone(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = made
    strange = store.layout.cells / "mean" / "spr\nings\x1b[31m"
    strange.mkdir()
    (refused,) = walk_cells(store.layout).refused
    assert refused.path == strange
    assert main(["verify", str(store.path)]) == 4
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "nings" in out


def external_link(file: h5py.File, outside: Path) -> None:
    file["split/x"] = h5py.ExternalLink(str(outside / "secret.h5"), "numbers")


def soft_link(file: h5py.File, outside: Path) -> None:
    file["split/x"] = h5py.SoftLink("/notes")


def external_bytes(file: h5py.File, outside: Path) -> None:
    where = [(str(outside / "secret.bin"), 0, 80)]
    file.create_dataset("split/x", (10,), "f8", external=where)


def virtual(file: h5py.File, outside: Path) -> None:
    layout = h5py.VirtualLayout((10,), "f8")
    layout[:] = h5py.VirtualSource(str(outside / "secret.h5"), "numbers", (10,))
    file.create_virtual_dataset("split/x", layout)


def endless(file: h5py.File, outside: Path) -> None:
    file["split/x"] = file["/"]


def enormous(file: h5py.File, outside: Path) -> None:
    file.create_dataset("split/x", (10**12,), "f8")


def objects(file: h5py.File, outside: Path) -> None:
    file["split/x"] = "text"


HOSTILE = [external_link, soft_link, external_bytes, virtual, endless, enormous, objects]


@pytest.mark.parametrize("build", HOSTILE, ids=lambda one: one.__name__)
def test_an_image_gets_nothing_from_elsewhere(
    made: Made, outside: Path, build: Callable[[h5py.File, Path], None]
) -> None:
    store, cells = made
    buffer = io.BytesIO(to_image(content(cells[0], 30)))
    with h5py.File(buffer, "r+") as file:
        build(file, outside)
    with pytest.raises(StoreError, match="the HDF5 content"):
        from_image(buffer.getvalue(), "here")
    folder = store.cell(cells[0])
    commit_image(folder, folder.attempts()[0], 3, buffer.getvalue(), final=False)
    found = restore(folder)
    assert found is not None
    assert found.sequence == 2
    assert main(["verify", str(store.path)]) == 4


def test_frames_get_nothing_from_elsewhere(made: Made, outside: Path) -> None:
    store, _ = made
    path = store.layout.dataset("springs")
    with h5py.File(path, "r+") as file:
        del file["energies"]
        file.create_dataset("energies", (6,), "f8", external=[(str(outside / "secret.bin"), 0, 48)])
    with pytest.raises(StoreError, match="the HDF5 content 'energies' is no plain array"):
        read_frames(path)


@pytest.mark.parametrize(
    "facts",
    [
        {"dtype": "|O", "shape": [3]},
        {"dtype": "<f8", "shape": [4]},
        {"dtype": "<f8", "shape": [-1, -3]},
        {"dtype": "no type", "shape": [3]},
        {"shape": [3]},
        {"dtype": "<f8", "shape": 3},
    ],
    ids=str,
)
def test_a_block_that_lies_about_its_array_is_not_mapped(
    made: Made, facts: dict[str, object]
) -> None:
    store, cells = made
    blocks = CellBlocks(store.cell(cells[0]))
    blocks.put("panel", np.ones(3))
    data = np.ones(3).tobytes()
    path = store.cell(cells[0]).blocks / "panel.block"
    path.write_bytes(seal(data, {"kind": "block", **facts}) + data)
    with pytest.raises(StoreError, match="the header describes"):
        CellBlocks(store.cell(cells[0])).get("panel")


def test_a_seal_that_says_nothing_is_refused(made: Made) -> None:
    store, cells = made
    attempt = store.cell(cells[0]).attempts()[0]
    image = bytes(to_image(content(cells[0], 30)))
    for number, facts in enumerate([{"attempt": 1}, {"kind": "checkpoint", "final": "no"}], 3):
        attempt.generation(number).write_bytes(seal(image, facts) + image)
    found = restore(store.cell(cells[0]))
    assert found is not None
    assert found.sequence == 2


@pytest.mark.parametrize("umask", [0o077, 0o027], ids=oct)
def test_files_are_as_wide_as_the_umask_allows_and_no_wider(tmp_path: Path, umask: int) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        f"os.umask({umask})\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from store.made import *\n"
        "from hpcmlff.store.__main__ import main\n"
        "from hpcmlff.store.blocks import CellBlocks\n"
        "root = Path(sys.argv[1])\n"
        "one, cells = make_store(root / 'one')\n"
        "train(one, cells[0], 50, STEPS), train(one, cells[1], 20)\n"
        "CellBlocks(one.cell(cells[1])).put('panel', np.ones(3))\n"
        "two, _ = make_store(root / 'two')\n"
        "assert main(['merge', str(one.path), str(two.path)]) == 0\n"
        "assert main(['export', str(two.path), '-o', str(root / 'out.h5')]) == 0\n"
        "assert main(['prune', str(one.path)]) == 0\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, capture_output=True)
    found = {path: stat.S_IMODE(path.lstat().st_mode) for path in tmp_path.rglob("*")}
    found = {path: mode for path, mode in found.items() if not path.is_symlink()}
    assert len(found) > 40
    for path, mode in found.items():
        if path.name == "submitit":
            assert mode == 0o700
        elif path.name in {".lock", ".index.lock"}:
            assert not mode & umask
        else:
            assert mode == (0o777 if path.is_dir() else 0o666) & ~umask, path


def test_a_received_store_is_opened_without_being_changed(made: Made) -> None:
    store, _ = made
    before = {path: path.lstat().st_mtime_ns for path in store.path.rglob("*")}
    open_store(store.path)
    assert main(["verify", str(store.path)]) == 0
    assert {path: path.lstat().st_mtime_ns for path in store.path.rglob("*")} == before
