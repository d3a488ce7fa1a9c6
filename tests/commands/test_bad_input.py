"""Everything wrong is refused with one message and an exit code, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpcmlff import collect, resume, status, submit

WriteGrid = Callable[..., Path]
UNITS = "units: {energy: kcal/mol, length: angstrom}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int = 3) -> str:
    before = sorted(str(one) for one in tmp_path.rglob("*"))
    assert submit.main([path.name]) == code
    assert sorted(str(one) for one in tmp_path.rglob("*")) == before
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("error: "))
    return "\n".join(lines[start:]).replace(str(tmp_path), "DIR")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"axes": "{model: [mean], sizes: [10]}"},
            "error: grid.yaml:4: axes.sizes: unknown key. Did you mean 'size'?",
        ),
        (
            {"splt": "{test: 5}"},
            "error: grid.yaml:6: splt: unknown key. Did you mean 'split'?",
        ),
        (
            {"axes": "{model: [mean], size: [ten]}"},
            'error: grid.yaml:4: axes.size.0: input should be a valid integer (found "ten")',
        ),
        (
            {"axes": "{model: [mean], size: []}"},
            (
                "error: grid.yaml:4: axes.size: list should have at least 1 item after validation, "
                "not 0 (found [])"
            ),
        ),
        (
            {"axes": "{model: [mean], size: [10, 31]}"},
            (
                "error: grid.yaml:4: axes.size: size 31 is larger than the data allows: springs "
                "has 60 frames, less 20 test and 10 validation leaves 30"
            ),
        ),
        (
            {"axes": "{model: [mead], size: [10]}"},
            "error: grid.yaml:4: axes.model.0: unknown model 'mead'. Did you mean 'mean'?",
        ),
        (
            {"models": "{schnett: {}}"},
            "error: grid.yaml:6: models.schnett: unknown model 'schnett'. Did you mean 'schnet'?",
        ),
        (
            {"models": "{mean: {step: 3}}"},
            "error: grid.yaml:6: models.mean.step: unknown key. Did you mean 'steps'?",
        ),
        (
            {"axes": "{model: [mean], size: [10], mean.step: [1]}"},
            (
                "error: grid.yaml:4: axes.mean.step: mean has no setting 'step'. "
                "Did you mean 'steps'?"
            ),
        ),
        (
            {"axes": "{model: [mean], size: [10], mean.steps: [0]}"},
            (
                "error: grid.yaml:4: axes.mean.steps: 0 is not a valid steps: "
                "input should be greater than or equal to 1 (found 0)"
            ),
        ),
        (
            {"molecules": f"{{springs: {{path: nowhere.xyz, {UNITS}}}}}"},
            "error: grid.yaml:3: molecules.springs.path: no such file: nowhere.xyz",
        ),
        (
            {"molecules": "{springs: {path: springs.xyz}}"},
            (
                "error: springs.xyz: nobody states the units. "
                "Write in grid.yaml, under the molecule: "
                "units: {energy: kcal/mol, length: angstrom}"
            ),
        ),
        (
            {"molecules": "{springs: {path: x.xyz, generate: {molecule: glycine, frames: 9}}}"},
            "error: grid.yaml:3: molecules.springs: a molecule needs either 'path' or 'generate'",
        ),
        (
            {"molecules": f"{{a: {{path: x.xyz, {UNITS}}}, a: {{path: x.xyz, {UNITS}}}}}"},
            "error: grid.yaml:3: molecules.a: stands twice, first on line 3",
        ),
        (
            {"molecules": "{../x: {path: springs.xyz}}"},
            (
                "error: grid.yaml:3: molecules.../x: string should match pattern "
                "'^[A-Za-z0-9][A-Za-z0-9_+-]*$' (found \"../x\")"
            ),
        ),
        (
            {"resources": "[{mem_gb: 100000}]"},
            "error: grid.yaml:6: resources: mean/springs/n10 asks for 1 cpus, 0 gpus, 100000 GiB;",
        ),
        (
            {"resources": "[{mem_gb: 8 GB}]"},
            (
                "error: grid.yaml:6: resources.0.mem_gb: memory is a positive number of GiB, "
                'such as 8, or the word auto (found "8 GB")'
            ),
        ),
        (
            {"resources": "[{walltime: 48}]"},
            (
                "error: grid.yaml:6: resources.0.walltime: a duration needs its unit, such as "
                "48h, 90m, 30s or 1-12:00:00; or write auto (found 48)"
            ),
        ),
        (
            {"resources": "[{cpus: auto}]"},
            'error: grid.yaml:6: resources.0.cpus: input should be a valid integer (found "auto")',
        ),
        (
            {"resources": "[{when: {model: schnet}, mem_gb: 1}]"},
            "error: grid.yaml:6: resources.0.when.model: no cell has the model 'schnet'.",
        ),
        (
            {"split": "{validation: 10, test: 61}"},
            (
                "error: grid.yaml:5: split.test: test 61 is larger than the data allows: springs "
                "has 60 frames left for it"
            ),
        ),
        (
            {"name": "''"},
            "error: grid.yaml:1: name: string should match pattern",
        ),
    ],
)
def test_a_wrong_grid_is_refused(
    grid_file: WriteGrid,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    message: str,
) -> None:
    assert refused(grid_file(**changes), tmp_path, capsys).startswith(message)


def change_data(tmp_path: Path, line: int, text: str | None) -> None:
    path = tmp_path / "springs.xyz"
    lines = path.read_text().splitlines()
    lines[line - 1 : None if text is None else line] = [] if text is None else [text]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (420, None, "error: springs.xyz: frame 60, line 419: the file ends inside the frame"),
        (
            10,
            "C 0 0 0 0 0 0",
            "error: springs.xyz: frame 2, line 10: atom 1 is C, in the first frame it is O",
        ),
        (
            9,
            "-120000.0 kcal/mol",
            (
                "error: springs.xyz: frame 2, line 9: the energy line is not one number "
                "(found '-120000.0 kcal/mol')"
            ),
        ),
        (9, "nan", "error: springs.xyz: frame 2, line 9: "),
        (10, "O 0 0 0 0 0 inf", "error: springs.xyz: frame 2, line 10: "),
        (8, "6", "error: springs.xyz: frame 2, line 8: "),
    ],
)
def test_wrong_data_are_refused_with_file_frame_and_line(
    grid_file: WriteGrid,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    line: int,
    text: str | None,
    message: str,
) -> None:
    path = grid_file()
    change_data(tmp_path, line, text)
    assert refused(path, tmp_path, capsys).startswith(message)


def test_gradients_instead_of_forces_are_refused(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hpcmlff.testing.molecules import SPECIES, springs

    path = grid_file()
    steps = np.random.default_rng(0).normal(scale=0.01, size=(60, 5, 3))
    rest = np.array([[0, 0, 0], [1.2, 0, 0], [1.8, 0.9, 0], [1.9, -1.1, 0], [2.8, -1, 1.0]])
    positions = rest + np.cumsum(steps, axis=0)
    energies, forces = springs(positions)
    rows = [[p, -f] for p, f in zip(positions, forces, strict=True)]
    text = ""
    for energy, (p, f) in zip(energies, rows, strict=True):
        text += f"5\n{energy}\n"
        for symbol, numbers in zip("OCHNH", np.hstack([p, f]), strict=True):
            text += " ".join([symbol, *map(str, numbers)]) + "\n"
    assert SPECIES.tolist() == [8, 6, 1, 7, 1]
    (tmp_path / "springs.xyz").write_text(text)
    assert "sign" in refused(path, tmp_path, capsys)


def test_a_model_whose_packages_are_missing_names_the_extra(
    grid_file: WriteGrid,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hpcmlff.models.registry.find_spec", lambda _: None)
    path = grid_file(axes="{model: [sgdml], size: [10]}")
    assert refused(path, tmp_path, capsys) == (
        "error: grid.yaml:4: axes.model.0: the model 'sgdml' needs sgdml and threadpoolctl, "
        "not installed here. "
        "Install it: python -m pip install 'hpcmlff[sgdml]'"
    )


def test_a_store_of_another_grid_is_refused(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([grid_file().name, "--wait"]) == 0
    capsys.readouterr()
    assert refused(grid_file(name="other"), tmp_path, capsys, code=4) == (
        "error: DIR/runs/springs: belongs to the grid 'springs', this one is 'other'. "
        "Give this grid a store of its own"
    )


def test_other_data_under_the_same_molecule_are_refused(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([grid_file().name, "--wait"]) == 0
    text = (tmp_path / "springs.xyz").read_text().splitlines()
    (tmp_path / "springs.xyz").write_text("\n".join(text[: 59 * 7]) + "\n")
    capsys.readouterr()
    assert refused(grid_file(), tmp_path, capsys, code=4) == (
        "error: DIR/runs/springs: holds other data under the molecule 'springs'. "
        "Give the new data another name, or the grid another store"
    )


def test_a_store_that_cannot_be_written_is_refused(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").touch()
    assert refused(grid_file(), tmp_path, capsys, code=4) == (
        "error: DIR/runs/springs: is not writable: DIR/runs is not a folder"
    )


def test_an_unknown_profile_is_refused(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([grid_file().name, "--profile", "lokal"]) == 3
    assert capsys.readouterr().err == "error: unknown profile 'lokal'. Did you mean 'local'?\n"


def test_a_wrong_command_line_ends_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert submit.main(["--wiat"]) == 2
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize("command", [collect.main, resume.main, status.main])
def test_a_store_that_is_not_there_is_named(
    command: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["nowhere"]) == 4
    assert capsys.readouterr().err == "error: nowhere: is not a store (no readable store.json)\n"
    assert command([]) == 4
    text = f"error: {tmp_path}: no store in this folder or in its runs. Name a store or a grid file"
    assert capsys.readouterr().err == text + "\n"


def test_with_several_stores_one_has_to_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hpcmlff.store.store import create_store

    for name in ("a", "b"):
        create_store(tmp_path / "runs" / name, name)
    assert status.main([]) == 4
    text = f"error: {tmp_path}: several stores here: runs/a, runs/b. Name one of them\n"
    assert capsys.readouterr().err == text
