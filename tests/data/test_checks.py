from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from springs import water

from hpcmlff.data.checks import Finding, check_frames
from hpcmlff.data.consistency import describe_scale
from hpcmlff.data.frames import Frames
from hpcmlff.data.pairs import are_consecutive
from hpcmlff.units import EV_KCAL_MOL

BOHR = 0.529177210903


def _codes(frames: Frames, severity: str, consecutive: bool | None = None) -> list[str]:
    found = check_frames(frames, consecutive=consecutive)
    return [one.code for one in found if one.severity == severity]


def _only(frames: Frames, code: str) -> Finding:
    (found,) = [one for one in check_frames(frames) if one.code == code]
    return found


@pytest.fixture(params=["independent", "trajectory"])
def good(request: pytest.FixtureRequest) -> Frames:
    return water(300, trajectory=request.param == "trajectory")


def test_good_frames_have_notes_only(good: Frames) -> None:
    assert {one.severity for one in check_frames(good)} == {"note"}
    assert "consistent" in _codes(good, "note")


def test_a_trajectory_is_recognised() -> None:
    assert are_consecutive(water(100, trajectory=True))
    assert not are_consecutive(water(100))
    assert not are_consecutive(water(5, trajectory=True))
    text = _only(water(100, trajectory=True), "trajectory").text
    assert text == (
        "frames follow each other as in a trajectory; 'split: {kind: blocks}' would keep "
        "neighbours on one side"
    )


def test_gradients_instead_of_forces_are_an_error(good: Frames) -> None:
    wrong = replace(good, forces=-good.forces)
    assert _codes(wrong, "error") == ["force-sign"]
    text = _only(wrong, "force-sign").text
    assert text.startswith("the sign of the forces is flipped: they are gradients (correlation -")


def test_flipped_and_scaled_forces_are_both_named(good: Frames) -> None:
    text = _only(replace(good, forces=-good.forces / EV_KCAL_MOL), "force-sign").text
    assert "they are gradients, and energies change" in text
    assert "forces in eV beside energies in kcal/mol (23.06)" in text


@pytest.mark.parametrize(
    ("forces", "name"),
    [
        (1 / EV_KCAL_MOL, "forces in eV beside energies in kcal/mol (23.06)"),
        (EV_KCAL_MOL, "forces in kcal/mol beside energies in eV (0.04336)"),
        (1 / 627.5095, "forces in Hartree beside energies in kcal/mol (627.5)"),
        (BOHR / 627.5095, "forces in Hartree beside energies in kcal/mol, and per bohr (1186)"),
        (BOHR, "forces per bohr taken as per angstrom (1.89)"),
        (1 / BOHR, "positions in bohr taken as angstrom (0.5292)"),
        (4.184, "forces in kJ/mol beside energies in kcal/mol (0.239)"),
    ],
)
def test_a_wrong_scale_is_named(good: Frames, forces: float, name: str) -> None:
    wrong = replace(good, forces=good.forces * forces)
    assert _codes(wrong, "error") == ["scale"]
    assert f"as {name} (correlation" in _only(wrong, "scale").text


def test_an_odd_scale_has_no_name() -> None:
    assert describe_scale(7.0) == "energies change 7 times as much as the forces say"


def test_energies_of_other_frames_are_an_error() -> None:
    good = water(300, trajectory=True)
    wrong = replace(good, energies=np.random.default_rng(0).permutation(good.energies))
    assert _codes(wrong, "error") == ["pairing"]
    assert "are they of the same frames?" in _only(wrong, "pairing").text


def test_frames_far_apart_give_no_verdict() -> None:
    rng = np.random.default_rng(0)
    frames = water(60)
    far = replace(
        frames,
        positions=5 * rng.standard_normal(frames.positions.shape),
        forces=rng.standard_normal(frames.forces.shape),
    )
    assert _only(far, "unchecked").text.startswith(
        "energies could not be checked against forces: frames differ too much (correlation"
    )


def test_a_turned_trajectory_is_still_consistent() -> None:
    frames = water(200)
    turns = np.linalg.qr(np.random.default_rng(1).standard_normal((200, 3, 3)))[0]
    turned = replace(frames, positions=frames.positions @ turns + 7.0, forces=frames.forces @ turns)
    assert _codes(turned, "note") == ["consistent"]


def test_few_frames_and_copies_give_no_verdict() -> None:
    assert _only(water(5), "unchecked").text.endswith("5 frames are too few")
    copies = water(2).take(np.arange(60) % 2)
    assert _only(copies, "unchecked").text.endswith("nearly all frames are copies")


def test_energies_that_hardly_vary_are_of_no_frame() -> None:
    frames = water(300, trajectory=True)
    energies = np.full(300, -5.0)
    energies[150] = -4.0
    assert "pairing" in _codes(replace(frames, energies=energies), "error")


def test_copies_are_a_warning() -> None:
    frames = water(60).take(np.array([*range(59), 7, 9]))
    assert _only(frames, "duplicate").text == (
        "positions of earlier frames again in 2 frames, first frame 60: "
        "test frames may be training frames"
    )
    energies = frames.energies.copy()
    energies[59] += 1
    changed = replace(frames, energies=energies)
    assert _only(changed, "ambiguous").text == (
        "positions of earlier frames with other energies in frame 60"
    )
    assert _codes(changed, "warning") == ["duplicate", "ambiguous"]


def test_net_force_and_torque_are_warnings() -> None:
    frames = water(60)
    pushed = replace(frames, forces=frames.forces + np.array([20.0, 0, 0]))
    assert "net-force" in _codes(pushed, "warning")
    pulls = np.zeros((3, 3))
    pulls[1], pulls[2] = (0, 30.0, 0), (0, -30.0, 0)
    assert "net-torque" in _codes(replace(frames, forces=frames.forces + pulls), "warning")


def test_constant_energies_and_no_forces_are_errors() -> None:
    frames = water(60)
    assert _codes(replace(frames, energies=np.zeros(60)), "error") == ["constant"]
    assert _codes(replace(frames, forces=0 * frames.forces), "error") == ["no-forces"]
    assert _codes(frames.take(np.array([0])), "error") == []


def test_atoms_on_top_of_each_other_are_an_error() -> None:
    frames = water(60)
    frames.positions[4, 2] = frames.positions[4, 0] + 0.1
    assert _only(frames, "clash").text == (
        "two atoms are closer than 0.3 Å in frame 5: is the unit right?"
    )
    assert "clash" in _codes(replace(frames, positions=frames.positions / 10), "error")


def test_bond_lengths_in_bohr_are_a_warning() -> None:
    frames = water(60)
    long = replace(frames, positions=frames.positions / BOHR)
    assert "bond-length" in _codes(long, "warning")
    assert "is the length unit right?" in _only(long, "bond-length").text


def test_a_far_energy_is_a_warning() -> None:
    frames = water(60)
    frames.energies[3] += 1e4
    assert _only(frames, "outlier").text == "the energy is far from all others in frame 4"


def test_energies_in_single_precision_are_a_warning() -> None:
    frames = water(60)
    coarse = (frames.energies - 400_000).astype(np.float32).astype(np.float64)
    assert _only(replace(frames, energies=coarse), "rounded").text == (
        "energies are rounded to 0.031 kcal/mol: stored in single precision?"
    )


def test_numbers_that_are_not_finite_are_the_only_finding() -> None:
    frames = water(60)
    frames.forces[2, 1, 0] = np.nan
    found = check_frames(frames)
    assert [one.text for one in found] == ["forces are not finite in frame 3"]


def test_a_single_atom_is_no_trouble() -> None:
    atom = Frames(
        species=np.array([2], dtype=np.int64),
        positions=np.zeros((3, 1, 3)),
        energies=np.array([1.0, 2.0, 3.0]),
        forces=np.zeros((3, 1, 3)),
    )
    assert _codes(atom, "error") == ["no-forces"]


def test_energies_and_forces_in_another_unit_alike_are_a_warning(good: Frames) -> None:
    scaled = replace(good, energies=good.energies * 627.5, forces=good.forces * 627.5)
    text = _only(scaled, "force-size").text
    assert text.startswith("a force component is ")
    assert text.endswith(" kcal/mol/Å on the whole: are the units right?")
    assert "force-size" not in [one.code for one in check_frames(good)]
