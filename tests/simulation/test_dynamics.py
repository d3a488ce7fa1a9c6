from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from analytic import analytic, bursting, exploding

from hpcmlff.errors import StoreError
from hpcmlff.simulation.dynamics import run_id, run_md
from hpcmlff.simulation.run_folder import RunFolder
from hpcmlff.simulation.watch import Watch
from hpcmlff.spec.dynamics import MdSettings

SHORT = MdSettings(time_ps=0.03, equilibration_ps=0.01, every=3)
"""20 steps of equilibration, 60 steps, 21 frames."""


def run(folder: Path, settings: MdSettings = SHORT, **watch: Any) -> dict[str, Any] | None:
    return run_md(analytic(), settings, 5, RunFolder(folder), Watch(**watch))


def stopping_after(n_steps: int) -> Callable[[], bool]:
    steps = iter(range(1, n_steps + 1))
    return lambda: next(steps) == n_steps


def trajectory(folder: Path) -> dict[str, bytes]:
    plain = RunFolder(folder).trajectory().plain
    return {name: array.tobytes() for name, array in plain.items()}


@pytest.mark.parametrize("thermostat", ["nve", "langevin"])
def test_a_run_stopped_again_and_again_has_the_same_bits(tmp_path: Path, thermostat: str) -> None:
    settings = SHORT.model_copy(update={"thermostat": thermostat})
    whole = run(tmp_path / "whole", settings)
    # Within the equilibration, at its end, between two frames, and at one.
    for steps in (7, 13, 1, 3, 17):
        stopped = run(tmp_path / "cut", settings, should_stop=stopping_after(steps))
        assert stopped is None
    assert len(list((tmp_path / "cut").glob("part-*.h5"))) == 5
    resumed = run(tmp_path / "cut", settings)
    assert trajectory(tmp_path / "cut") == trajectory(tmp_path / "whole")
    assert not list((tmp_path / "cut").glob("part-*.h5"))
    assert whole is not None
    assert resumed is not None
    assert resumed["n_frames"] == 21
    assert resumed | {"wall_s": 0} == whole | {"wall_s": 0}


KILLED = """
import sys, time
from pathlib import Path
sys.path.append({tests!r})
from analytic import analytic
from hpcmlff.simulation.dynamics import run_md
from hpcmlff.simulation.watch import Watch
from hpcmlff.simulation.run_folder import RunFolder
from hpcmlff.spec.dynamics import MdSettings
watch = Watch(commit_s=0.0, should_stop=lambda: time.sleep(0.002))
settings = MdSettings.model_validate_json({settings!r})
run_md(analytic(), settings, 5, RunFolder(Path({folder!r})), watch)
"""


def test_a_run_killed_at_any_moment_has_the_same_bits(tmp_path: Path) -> None:
    settings, folder = SHORT.model_copy(update={"thermostat": "langevin"}), tmp_path / "killed"
    code = KILLED.format(
        tests=str(Path(__file__).parent), settings=settings.model_dump_json(), folder=str(folder)
    )
    for least in (10, 35):
        process = subprocess.Popen([sys.executable, "-c", code])
        while len(list(folder.glob("part-*.h5"))) < least:
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
        process.wait()
    assert run(folder, settings) is not None
    run(tmp_path / "whole", settings)
    assert trajectory(folder) == trajectory(tmp_path / "whole")


def test_what_is_damaged_is_made_again(tmp_path: Path) -> None:
    run(tmp_path / "whole")
    for steps in (30, 10, 10):
        run(tmp_path / "cut", should_stop=stopping_after(steps))
    parts = sorted((tmp_path / "cut").glob("part-*.h5"))
    content = bytearray(parts[1].read_bytes())
    content[-100] ^= 1
    parts[1].write_bytes(content)
    (tmp_path / "cut" / ".part.tmp.h5").write_bytes(b"half a part")
    assert run(tmp_path / "cut") is not None
    assert trajectory(tmp_path / "cut") == trajectory(tmp_path / "whole")


def test_a_run_that_has_ended_is_only_read(tmp_path: Path) -> None:
    first = run(tmp_path)

    def refusing(_: Any) -> Any:
        raise AssertionError("predicted again")

    field = replace(analytic(), predict=refusing)
    # The folder knows what came of it; making it ready asks for nothing.
    assert RunFolder(tmp_path).summary() == first
    assert run_md(field, SHORT, 5, RunFolder(tmp_path), Watch()) == first


def test_two_processes_are_not_at_one_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.held(), pytest.raises(StoreError, match="another process is at this simulation"):
        run(folder.path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        run(tmp_path / "file" / "run")


def test_a_file_system_without_locks_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSYS, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert run(tmp_path) is not None


def test_the_energy_is_kept_and_its_scatter_falls_with_the_step(tmp_path: Path) -> None:
    found = {}
    for step_fs in (0.5, 0.25):
        every = round(2 / step_fs)
        settings = MdSettings(time_ps=0.3, step_fs=step_fs, equilibration_ps=0, every=every)
        summary = run(tmp_path / str(step_fs), settings)
        assert summary is not None
        assert abs(summary["drift_mev_atom_ps"]) < 1.0
        assert summary["broken"] == []
        found[step_fs] = summary["energy_scatter_kcal_mol"]
    # Velocity Verlet's error is of second order.
    assert found[0.5] / found[0.25] == pytest.approx(4.0, rel=0.15)


def test_the_molecule_neither_moves_nor_turns_at_constant_energy(tmp_path: Path) -> None:
    run(tmp_path, MdSettings(time_ps=0.5, equilibration_ps=0.1))
    content = RunFolder(tmp_path).trajectory()
    positions = content.plain["trajectory/positions_ang"]
    from ase.data import atomic_masses

    masses = atomic_masses[content.plain["molecule/species"]]
    centres = np.einsum("fax,a->fx", positions, masses) / masses.sum()
    assert np.abs(centres - centres[0]).max() < 1e-10
    velocities = content.plain["trajectory/velocities_ang_ps"]
    spins = np.cross(positions - centres[:, None], velocities * masses[:, None]).sum(axis=1)
    assert np.abs(spins).max() < 1e-8


def test_the_thermostat_gives_the_temperature(tmp_path: Path) -> None:
    settings = MdSettings(
        thermostat="langevin", time_ps=3, step_fs=1.0, friction_per_ps=50, temperature_k=400
    )
    summary = run(tmp_path, settings)
    assert summary is not None
    assert summary["temperature_mean_k"] == pytest.approx(400, abs=40)
    # Of 15 degrees of freedom, each with half of kT: std = T sqrt(2/15).
    assert summary["temperature_std_k"] == pytest.approx(146, abs=40)
    assert summary["drift_mev_atom_ps"] is None


@pytest.mark.parametrize(("forces", "outcome"), [(bursting, "fell apart"), (exploding, "diverged")])
def test_what_is_no_molecule_any_more_ends_the_run(
    tmp_path: Path, forces: Any, outcome: str
) -> None:
    settings = MdSettings(time_ps=5, equilibration_ps=0, every=2)
    field = analytic(forces)
    summary = run_md(field, settings, 5, RunFolder(tmp_path / "whole"), Watch())
    assert summary is not None
    assert summary["outcome"] == outcome
    assert 0 < summary["simulated_ps"] < 1
    # Also where the process was killed between the last commit and the end.
    last = summary["ended_at_step"]
    watch = Watch(should_stop=stopping_after(last))
    assert run_md(field, settings, 5, RunFolder(tmp_path / "cut"), watch) is None
    resumed = run_md(field, settings, 5, RunFolder(tmp_path / "cut"), Watch())
    assert resumed is not None
    assert resumed | {"wall_s": 0} == summary | {"wall_s": 0}
    assert trajectory(tmp_path / "cut") == trajectory(tmp_path / "whole")


def test_all_that_decides_a_trajectory_has_a_part_in_its_name() -> None:
    field = analytic()
    names = {
        run_id(field, SHORT, 5),
        run_id(field, SHORT, 6),
        run_id(field, SHORT.model_copy(update={"seed": 1}), 5),
        run_id(replace(field, model_sha256="2" * 64), SHORT, 5),
    }
    assert len(names) == 4
    assert run_id(analytic(), SHORT, 5) in names
