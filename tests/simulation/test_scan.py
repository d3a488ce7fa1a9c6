from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from analytic import analytic
from simulated import GLYCINE, MEAN, SGDML, write_frames

from hpcmlff import collect, scan
from hpcmlff.data.frames import Frames
from hpcmlff.errors import EXIT_USAGE, DataError, StoreError, TrainingError
from hpcmlff.simulation.bonds import find_bonds
from hpcmlff.simulation.driving import Drive
from hpcmlff.simulation.reference_path import ReferencePath, kept_path
from hpcmlff.simulation.scan import compared, run_scan
from hpcmlff.simulation.watch import Watch
from hpcmlff.spec.scan import ScanSettings
from hpcmlff.store.store import Store
from hpcmlff.testing.molecules import SPECIES, samples, springs

TURN = ["--dihedral", "0", "1", "2", "3", "--from", "150", "--to", "110", "--points", "3"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert scan.main([*arguments, "--json", "--no-plots"]) == 0
    return list(json.loads(capsys.readouterr().out)["scans"])


def test_errors_are_of_profiles_and_of_energies() -> None:
    shape = (4, 2, 3)
    path = ReferencePath(
        values_deg=np.array([0.0, 10.0, 20.0, 30.0]),
        positions_ang=np.zeros(shape),
        energies_kcal_mol=np.array([-100.0, -102.0, -99.0, -101.0]),
        forces_kcal_mol_ang=np.zeros(shape),
        settled=np.array([True, True, False, True]),
    )
    energies = np.array([-90.0, -92.0, -88.0, -90.0])
    found = compared(path, energies, np.full(shape, 0.5))
    # Less the second point: 2 0 3 1 and 2 0 4 2.
    assert found["curves"]["reference_kcal_mol"] == [2, 0, 3, 1]
    assert found["curves"]["predicted_kcal_mol"] == [2, 0, 4, 2]
    assert found["profile_rmse_kcal_mol"] == pytest.approx(np.sqrt(2 / 4))
    assert found["profile_largest_kcal_mol"] == 1.0
    assert found["energy_rmse_kcal_mol"] == pytest.approx(np.sqrt((100 + 100 + 121 + 121) / 4))
    assert found["force_rmse_kcal_mol_ang"] == 0.5
    assert (found["barrier_kcal_mol"], found["reference_barrier_kcal_mol"]) == (4.0, 3.0)
    assert (found["n_points"], found["n_unsettled"]) == (4, 1)


def test_a_relaxed_scan_has_lower_energies_than_a_rigid_one(
    glycine: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    [relaxed] = told(capsys, str(glycine.path), GLYCINE, *TURN)
    [rigid] = told(capsys, str(glycine.path), GLYCINE, *TURN, "--rigid")
    assert relaxed["coordinate"] == "dihedral N0-C1-C2-O3"
    assert relaxed["reference"] == "GFN2-xTB"
    assert relaxed["curves"]["values_deg"] == pytest.approx([150, 130, 110], abs=0.5)
    assert relaxed["n_unsettled"] == 0
    # The mean has no profile: it is off by what the reference's is.
    reference = np.array(relaxed["curves"]["reference_kcal_mol"])
    assert relaxed["barrier_kcal_mol"] == 0.0
    assert relaxed["profile_rmse_kcal_mol"] == pytest.approx(np.sqrt(np.mean(reference**2)))
    files = glycine.layout.scans.glob("glycine/*.h5")
    lower, upper = sorted((kept_path(path, 10).energies_kcal_mol for path in files), key=np.sum)
    assert (lower < upper - 1.0).all()
    assert relaxed["profile_rmse_kcal_mol"] != rigid["profile_rmse_kcal_mol"]


def test_a_scan_that_is_stopped_goes_on_with_the_same_bits(glycine: Store, tmp_path: Path) -> None:
    from hpcmlff.data.dataset import read_dataset

    frames = read_dataset(glycine.layout.dataset("glycine")).frames
    settings = ScanSettings(atoms=[0, 1, 2, 3], first_deg=150, last_deg=130, points=3)
    drive = Drive(frames=frames, start=7, bonds=find_bonds(frames, 7), settings=settings)
    whole = drive.run(tmp_path / "whole.h5", Watch())
    for _ in range(2):
        asked = iter([False, True])
        assert drive.run(tmp_path / "cut.h5", Watch(should_stop=lambda a=asked: next(a))) is None
    assert len(kept_path(tmp_path / "cut.h5", 10)) == 2
    resumed = drive.run(tmp_path / "cut.h5", Watch())
    assert whole is not None
    assert resumed is not None
    assert resumed.digest == whole.digest
    content = bytearray((tmp_path / "cut.h5").read_bytes())
    content[-1] ^= 1
    (tmp_path / "cut.h5").write_bytes(content)
    again = drive.run(tmp_path / "cut.h5", Watch())
    assert again is not None
    assert again.digest == whole.digest


@pytest.fixture
def bent(tmp_path: Path) -> Path:
    """Frames of the analytic molecule along an angle, with its own energies."""
    rest = samples(1, seed=8).positions[0]
    positions = np.repeat(rest[None], 3, axis=0)
    positions[:, 0, 1] += (-0.1, 0.0, 0.1)
    energies, forces = springs(positions)
    frames = Frames(species=SPECIES, positions=positions, energies=energies, forces=forces)
    return write_frames(tmp_path / "bent.xyz", frames)


UNITS = ["--energy-unit", "kcal/mol", "--length-unit", "angstrom"]


def test_frames_of_any_method_may_be_the_reference(
    store: Store, bent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--angle", "0", "1", "2", "--reference", str(bent), *UNITS]
    sgdml, mean = told(capsys, str(store.path), SGDML, MEAN, *arguments)
    assert sgdml["reference"] == str(bent)
    assert sgdml["n_points"] == 3
    assert sgdml["relaxed"] is None
    assert sgdml["profile_rmse_kcal_mol"] < 0.5 < mean["profile_rmse_kcal_mol"]
    assert sgdml["reference_barrier_kcal_mol"] == pytest.approx(mean["reference_barrier_kcal_mol"])
    assert collect.main([str(store.path), "-o", str(tmp_path), "--no-plots"]) == 0
    assert "O0-C1-H2" in capsys.readouterr().out
    for name, words in (("scans.csv", "angle O0-C1-H2"), ("results.md", "## Scans")):
        assert words in (tmp_path / name).read_text(encoding="utf-8")


def test_it_shows_and_draws_what_came_of_each_cell(
    store: Store, bent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--angle", "0", "1", "2", "--reference", str(bent), *UNITS]
    assert scan.main([str(store.path), SGDML, *arguments]) == 0
    shown = capsys.readouterr()
    assert "sgdml/springs/n60/s0" in shown.out
    lines = shown.err.splitlines()
    assert lines[-1] == f"next: python -m hpcmlff.collect {store.path}"
    assert sorted(path.name for path in Path(lines[-2]).iterdir()) == [
        "scan_springs_angle_O0_C1_H2.png", "scan_springs_angle_O0_C1_H2.svg", "summary.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], EXIT_USAGE, "Name one coordinate by --path, --dihedral or --angle."),
        (["--angle", "0", "1", "2"], EXIT_USAGE, "Give the ends of the scan by --from and --to."),
        ([*TURN, "--points", "1"], EXIT_USAGE, "greater than or equal to 2"),
        ([*TURN, "--to", "150"], EXIT_USAGE, "the scan ends where it begins"),
        (["--path", "rotation"], DataError.exit_code, "the molecule has 0 bridges C-N-N-C"),
        ([*TURN, "--energy-unit", "eV"], EXIT_USAGE, "Give both --energy-unit and --length-unit"),
        ([*TURN, "--reference", "none.xyz"], DataError.exit_code, "none.xyz: "),
        (["--dihedral", "0", "1", "2", "9", *TURN[5:]], DataError.exit_code, "not bonded"),
    ],
)
def test_what_cannot_be_scanned_is_refused(
    glycine: Store,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    before = sorted(glycine.layout.root.rglob("*"))
    assert scan.main([str(glycine.path), GLYCINE, *arguments]) == code
    assert message in capsys.readouterr().err
    assert sorted(glycine.layout.root.rglob("*")) == before


def test_data_of_another_method_need_a_reference(glycine: Store, tmp_path: Path) -> None:
    from hpcmlff.data.dataset import read_dataset

    frames = read_dataset(glycine.layout.dataset("glycine")).frames
    other = replace(frames, energies=frames.energies + 0.2)
    settings = ScanSettings(atoms=[0, 1, 2, 3], first_deg=150, last_deg=110)
    drive = Drive(frames=other, start=7, bonds=find_bonds(frames, 7), settings=settings)
    with pytest.raises(DataError, match="the data are not of GFN2-xTB: it gives .* --reference"):
        drive.run(tmp_path / "path.h5", Watch())
    assert not (tmp_path / "path.h5").exists()


def test_a_model_that_gives_no_number_is_refused(tmp_path: Path) -> None:
    field = analytic(lambda positions: (np.full(len(positions), np.nan), positions))
    made = samples(3, seed=1)
    path = ReferencePath(
        values_deg=np.arange(3.0),
        positions_ang=made.positions,
        energies_kcal_mol=made.energies,
        forces_kcal_mol_ang=made.forces,
        settled=np.ones(3, dtype=bool),
    )
    with pytest.raises(TrainingError, match="no number"):
        run_scan(field, path, {}, tmp_path / "scan")
    assert not (tmp_path / "scan").exists()
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        run_scan(analytic(), path, {}, tmp_path / "file" / "scan")
