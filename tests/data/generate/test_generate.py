from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from springs import KCAL

from hpcmlff.data.checks import check_frames
from hpcmlff.data.generate import generate_frames
from hpcmlff.data.generate.dynamics import Dynamics, default_dynamics
from hpcmlff.data.generate.gfn2 import import_tblite
from hpcmlff.data.generate.partial import Partial
from hpcmlff.data.readers import read_frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Generate
from hpcmlff.units import EV_KCAL_MOL

QUICK = Dynamics(temperature_k=400.0, equilibration_steps=20, steps_per_frame=5, segment_frames=4)
WATER = Generate(molecule="water", smiles="O", frames=14, seed=3)


class Killed(BaseException):
    """Stands for the end of the process."""


def _make(out: Path, spec: Generate = WATER, **changed: Any) -> bytes:
    generate_frames(spec, out, **({"dynamics": QUICK} | changed))
    return out.read_bytes()


def _killed_at(out: Path, frame: int, spec: Generate = WATER) -> None:
    def report(done: int, total: int) -> None:
        assert total == spec.frames
        if done == frame:
            raise Killed

    with pytest.raises(Killed):
        generate_frames(spec, out, report, dynamics=QUICK)


def test_a_run_that_was_stopped_ends_with_the_bytes_of_an_unbroken_one(tmp_path: Path) -> None:
    whole = _make(tmp_path / "whole.xyz")
    out = tmp_path / "broken.xyz"
    for frame in (0, 3, 6, 12):
        _killed_at(out, frame)
        assert not out.exists()
    seen: list[int] = []
    assert _make(out, progress=lambda done, _: seen.append(done)) == whole
    assert seen == [8, 9, 10, 11, 12, 13, 14]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["broken.xyz", "whole.xyz"]


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    short = WATER.model_copy(update={"frames": 3})
    first = _make(tmp_path / "a.xyz", short)
    assert _make(tmp_path / "b.xyz", short) == first
    assert _make(tmp_path / "c.xyz", short.model_copy(update={"seed": 4})) != first


def test_frames_are_plausible_and_forces_are_slopes(tmp_path: Path) -> None:
    out = tmp_path / "w.xyz"
    _make(out, WATER.model_copy(update={"frames": 60}))
    frames = read_frames(out, units=KCAL).frames
    assert frames.species.tolist() == [8, 1, 1]
    found = check_frames(frames, consecutive=True)
    assert [one for one in found if one.severity == "error"] == []
    assert "consistent" in [one.code for one in found]
    calculator = import_tblite()(method="GFN2-xTB", accuracy=0.01, verbosity=0)
    atoms = Atoms(frames.species, frames.positions[30], calculator=calculator)
    energy = atoms.get_potential_energy() * EV_KCAL_MOL
    assert energy == pytest.approx(frames.energies[30], abs=1e-4)
    energies = []
    for step in (1e-3, -1e-3):
        atoms.positions[1] = frames.positions[30][1] + [step, 0, 0]
        energies.append(atoms.get_potential_energy() * EV_KCAL_MOL)
    slope = (energies[0] - energies[1]) / 2e-3
    assert frames.forces[30, 1, 0] == pytest.approx(-slope, abs=0.01)


def test_numbers_are_written_in_full(tmp_path: Path) -> None:
    lines = _make(tmp_path / "w.xyz", WATER.model_copy(update={"frames": 1})).decode().splitlines()
    assert lines[0] == "3"
    assert len(lines[1].split(".")[1]) == 8
    symbol, *numbers = lines[2].split()
    assert symbol == "O"
    assert [len(one.split(".")[1]) for one in numbers] == [10, 10, 10, 8, 8, 8]


def test_a_finished_file_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "w.xyz"
    out.write_text("precious")
    with pytest.raises(DataError) as raised:
        _make(out)
    assert str(raised.value) == f"{out}: exists already. Remove it or give --force"
    assert out.read_text() == "precious"
    short = WATER.model_copy(update={"frames": 1})
    assert _make(out, short, overwrite=True) != b"precious"


def test_a_partial_of_other_settings_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "w.xyz"
    _killed_at(out, 6)
    before = (tmp_path / "w.xyz.part").read_bytes()
    with pytest.raises(DataError) as raised:
        _make(out, dynamics=replace(QUICK, temperature_k=401.0))
    assert str(raised.value) == (
        f"{out}.part: was begun with other settings or versions. "
        f"Remove {out}.part and {out}.part.npz to start anew"
    )
    assert (tmp_path / "w.xyz.part").read_bytes() == before


def test_damaged_partials_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "w.xyz"
    part, state = tmp_path / "w.xyz.part", tmp_path / "w.xyz.part.npz"
    _killed_at(out, 6)
    part.write_bytes(part.read_bytes()[:10])
    with pytest.raises(DataError, match=r"w\.xyz\.part: is shorter than its state says"):
        _make(out)
    state.write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"w\.xyz\.part\.npz: is damaged"):
        _make(out)


def test_the_state_of_a_finished_run_does_not_stand_in_the_way(tmp_path: Path) -> None:
    out, state = tmp_path / "w.xyz", tmp_path / "w.xyz.part.npz"
    short = WATER.model_copy(update={"frames": 6})
    whole = _make(tmp_path / "whole.xyz", short)
    _killed_at(out, 5, short)
    (tmp_path / "w.xyz.part").unlink()
    assert state.exists()
    assert _make(out, short) == whole


def test_two_processes_do_not_make_the_same_file(tmp_path: Path) -> None:
    out = tmp_path / "w.xyz"
    with (
        Partial(out).opened(),
        pytest.raises(DataError, match=r"w\.xyz: another process is making this file$"),
    ):
        _make(out)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"w\.xyz: cannot write: No such file or directory$"):
        _make(tmp_path / "none" / "w.xyz")


def test_driven_paths_sweep_slowly() -> None:
    spec = Generate(molecule="azobenzene", path="rotation", frames=50)
    assert default_dynamics(spec).steps_per_frame == 36
    assert default_dynamics(spec.model_copy(update={"frames": 1000})).steps_per_frame == 10
    free = Generate(molecule="glycine", frames=50)
    assert default_dynamics(free) == Dynamics(temperature_k=500.0)


def test_the_restraint_leads_and_is_not_in_the_forces(tmp_path: Path) -> None:
    out = tmp_path / "azo.xyz"
    spec = Generate(molecule="azobenzene", path="rotation", frames=2)
    dynamics = Dynamics(temperature_k=300.0, equilibration_steps=1, steps_per_frame=40)
    generate_frames(spec, out, dynamics=dynamics)
    frames = read_frames(out, units=KCAL).frames
    last = Atoms(frames.species, frames.positions[1])
    # Driven from 180 to 0 degrees in 40 fs it lags, but it goes.
    turned = abs((last.get_dihedral(5, 6, 7, 8) - 173.2 + 180.0) % 360.0 - 180.0)
    assert turned > 10
    last.calc = import_tblite()(method="GFN2-xTB", verbosity=0)
    np.testing.assert_allclose(last.get_forces() * EV_KCAL_MOL, frames.forces[1], atol=0.05)


def test_a_calculation_that_fails_is_an_expected_error(tmp_path: Path) -> None:
    hot = replace(QUICK, temperature_k=1e9)
    with pytest.raises(DataError, match=r"GFN2-xTB failed in .*\. Try another seed$"):
        _make(tmp_path / "w.xyz", dynamics=hot)


def test_a_missing_tblite_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tblite.ase", None)
    with pytest.raises(DataError) as raised:
        _make(tmp_path / "w.xyz")
    assert str(raised.value) == "GFN2-xTB needs tblite. pip install 'hpcmlff[generate]'"


def test_generation_holds_openmp_to_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threadpoolctl import threadpool_info

    seen: list[int] = []

    def look(done: int, total: int) -> None:
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "openmp"]
        seen.extend(pool["num_threads"] for pool in pools)

    _make(tmp_path / "w.xyz", progress=look)
    assert set(seen) == {1}


@pytest.mark.slow
def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hpcmlff.data", "generate", "glycine", "--frames", "120", "-o"]
    whole, broken = tmp_path / "whole.xyz", tmp_path / "broken.xyz"
    subprocess.run([*command, str(whole)], check=True, capture_output=True)
    part = tmp_path / "broken.xyz.part"
    with subprocess.Popen([*command, str(broken)], stderr=subprocess.DEVNULL) as process:
        while not (part.exists() and part.stat().st_size > 60_000):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not broken.exists()
    subprocess.run([*command, str(broken)], check=True, capture_output=True)
    assert broken.read_bytes() == whole.read_bytes()
