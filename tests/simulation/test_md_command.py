from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from ase.io import read
from simulated import SGDML, UNFINISHED

from hpcmlff import md
from hpcmlff.errors import EXIT_INTERRUPTED, EXIT_USAGE, DataError, StoreError
from hpcmlff.interrupting import stop_when_asked
from hpcmlff.simulation.run_folder import RunFolder
from hpcmlff.store.store import Store

SHORT = ["--time-ps", "0.05", "--equilibration-ps", "0.02"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert md.main([*arguments, "--json"]) == 0
    [run] = json.loads(capsys.readouterr().out)["dynamics"]
    return dict(run)


def test_it_shows_what_came_of_each_cell(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert md.main([str(store.path), "sgdml", "mean", *SHORT]) == 0
    shown = capsys.readouterr()
    for words in ("sgdml/springs/n60/s0", "mean/springs/n60/s0", "nve 300 K", "0 of 4"):
        assert words in shown.out
    assert "left out: 1 cells that are not done" in shown.err
    assert "sgdml/springs/n60/s0" in shown.err
    assert shown.err.splitlines()[-1] == f"next: python -m hpcmlff.collect {store.path}"


def test_what_was_run_is_kept_beside_the_cell(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, str(store.path), SGDML, *SHORT, "--seed", "3")
    folder = Path(str(found["folder"]))
    assert folder.parent.parent.name.startswith("s0-")
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock", "dynamics_springs.png", "dynamics_springs.svg", "summary.json", "trajectory.h5",
    ]  # fmt: skip
    assert (found["outcome"], found["n_frames"], found["simulated_ps"]) == ("done", 11, 0.05)
    [origin] = found["origins"]  # type: ignore[misc]
    assert origin["threads"] == 1
    written = (folder / "trajectory.h5").stat().st_mtime_ns
    assert told(capsys, str(store.path), SGDML, *SHORT, "--seed", "3") == found
    assert (folder / "trajectory.h5").stat().st_mtime_ns == written


def test_the_trajectory_goes_into_files_of_ase_and_hdf5(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [str(store.path), SGDML, *SHORT, "--no-plots"]
    found = told(capsys, *where, "-o", str(tmp_path / "md.traj"))
    for name in ("md.xyz", "md.h5"):
        told(capsys, *where, "-o", str(tmp_path / name))
    with h5py.File(tmp_path / "md.h5") as file:
        potential = file["trajectory/potential_kcal_mol"][()]
        positions = file["trajectory/positions_ang"][()]
    for name in ("md.traj", "md.xyz"):
        images = read(tmp_path / name, index=":")
        assert len(images) == 11
        np.testing.assert_allclose(images[3].positions, positions[3], atol=1e-7)
        ev_kcal_mol = 23.060548
        assert images[3].get_potential_energy() * ev_kcal_mol == pytest.approx(potential[3])
    kinetic = images[3].get_kinetic_energy() * ev_kcal_mol
    stored = RunFolder(Path(str(found["folder"]))).trajectory().plain
    assert kinetic == pytest.approx(stored["trajectory/kinetic_kcal_mol"][3], rel=1e-4)
    assert md.main([*where, "-o", str(tmp_path / "md.xyz")]) == StoreError.exit_code
    assert "md.xyz: exists already. Name another file" in capsys.readouterr().err
    assert md.main([*where, "-o", str(tmp_path / "md.xyz"), "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], EXIT_USAGE, "Name cells, such as sgdml/glycine, or give --all."),
        ([SGDML, "--time-ps", "0"], EXIT_USAGE, "--time-ps Input should be greater than 0."),
        ([SGDML, "--time-ps", "0.004"], EXIT_USAGE, "0.004 ps make no frame"),
        ([SGDML, "--frame", "120"], DataError.exit_code, "there is no frame 120; the last"),
        ([UNFINISHED], StoreError.exit_code, f"none of 1 cells is done, such as {UNFINISHED}"),
        (["painn"], StoreError.exit_code, "there is no model 'painn'"),
        (["--all", "-o", "md.xyz"], StoreError.exit_code, "one file for the trajectories of 2"),
        ([SGDML, "-o", "none/md.xyz"], StoreError.exit_code, "none: no such folder"),
        ([SGDML, "-o", "md.abc"], DataError.exit_code, "ASE writes no trajectories of this name"),
    ],
)
def test_what_cannot_be_run_is_refused(
    store: Store,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    before = sorted(store.layout.cells.rglob("*"))
    assert md.main([str(store.path), *arguments]) == code
    assert message in capsys.readouterr().err
    assert sorted(store.layout.cells.rglob("*")) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_wishes_while_something_runs(number: int) -> None:
    before = signal.getsignal(number)
    with stop_when_asked() as should_stop:
        assert not should_stop()
        os.kill(os.getpid(), number)
        assert should_stop()
    assert signal.getsignal(number) is before


def test_a_command_that_is_asked_to_stop_keeps_what_it_has(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(store.path), SGDML, "--time-ps", "0.5", "--every", "12", "--no-plots"]
    arguments += ["--equilibration-ps", "0.05", "--seed", "7"]
    command = [sys.executable, "-m", "hpcmlff.md", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while " 9 of 84 frames" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        _, shown = process.communicate(timeout=60)
    assert process.returncode == EXIT_INTERRUPTED
    assert shown.splitlines()[-1] == "stopped; what is done is kept: the same command goes on"
    began = time.time()
    found = told(capsys, *arguments)
    folder = Path(str(found["folder"]))
    assert found["n_frames"] == 84
    assert (folder / "summary.json").stat().st_mtime > began - 1
    assert not list(folder.glob("part-*"))
