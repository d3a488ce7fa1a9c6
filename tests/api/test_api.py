"""The library from Python: light to import, callable by name, and the commands' own code."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hpcmlff
from hpcmlff import collect, resume, status, submit
from hpcmlff.api import functions

WriteGrid = Callable[..., Path]
COMMANDS = ("cancel", "collect", "resume", "retry", "show", "status", "submit")


def printed(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, hpcmlff; print(*(m for m in sys.modules if m.startswith('hpcmlff')))"
    # How an editable installation is found is no part of the package.
    assert [name for name in printed(code).split() if "editable" not in name] == ["hpcmlff"]


def test_looking_at_what_there_is_imports_no_engine_and_no_library() -> None:
    slow = "{'numpy', 'pandas', 'pydantic', 'h5py', 'torch', 'ase', 'matplotlib'}"
    code = f"import sys, hpcmlff; hpcmlff.submit, hpcmlff.status; print({slow} & {{*sys.modules}})"
    assert printed(code) == "set()"
    heavy = "{'torch', 'schnetpack', 'sgdml', 'numba'}"
    code = f"import sys, hpcmlff; hpcmlff.Grid, hpcmlff.Store; print({heavy} & {{*sys.modules}})"
    assert printed(code) == "set()"


def test_commands_can_be_called_whatever_was_imported_before() -> None:
    code = (
        "import hpcmlff.submit, hpcmlff.status\nfrom hpcmlff import submit\n"
        "import hpcmlff\nprint(callable(submit), submit is hpcmlff.submit, callable(submit.main),"
        " callable(hpcmlff.status), callable(hpcmlff.cancel))"
    )
    assert printed(code) == "True True True True True"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_called_command_has_the_signature_of_its_function(name: str) -> None:
    function = getattr(functions, name)
    assert inspect.signature(getattr(hpcmlff, name)) == inspect.signature(function)
    assert function.__doc__


def test_all_that_is_offered_is_there_and_nothing_else_is_made_up() -> None:
    for name in hpcmlff.__all__:
        assert getattr(hpcmlff, name) is not None
        assert name in dir(hpcmlff)
    with pytest.raises(AttributeError, match="has no attribute 'sbumit'"):
        hpcmlff.sbumit  # noqa: B018


def test_functions_and_commands_tell_the_same(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = hpcmlff.Grid.load(grid_file())
    assert (grid.name, len(grid), grid.path.name) == ("springs", 4, "grid.yaml")
    assert submit.main(["grid.yaml", "--profile", "local", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    own = grid.plan("local").as_json()
    for free in (plan["totals"], own["totals"]):
        free.pop("free_gb")
    assert json.loads(json.dumps(own)) == plan
    assert not grid.store_path.exists()

    made = hpcmlff.submit(grid, profile="local", wait=True)
    assert str(made.status) == "4 cells: 4 done"
    assert (len(made.cells), len(made.jobs), made.refused) == (4, 1, None)
    assert hpcmlff.submit("grid.yaml", profile="local").cells == ()

    assert status.main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["cells"]
    frame = made.status.to_frame()
    assert list(frame["label"]) == [row["label"] for row in rows]
    assert list(frame["attempts"]) == [row["attempts"] for row in rows] == [1, 1, 1, 1]
    assert collect.main(["--json", "--no-plots"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    table = hpcmlff.Store().results()
    for name in ("cell_id", "state", "force_rmse_kcal_mol_ang", "energy_mae_kcal_mol"):
        assert list(table[name]) == [row[name] for row in rows]


def test_stopped_cells_go_on_from_python(grid_file: WriteGrid, tmp_path: Path) -> None:
    grid_file(axes="{model: [mean], size: [10]}", models="{mean: {steps: 400, step_s: 0.05}}")
    made = hpcmlff.submit("grid.yaml", profile="local")
    assert made.status.counts["done"] == 0
    assert hpcmlff.cancel(made.store) == list(made.jobs)
    assert made.store.wait().all_done is False
    assert hpcmlff.cancel(tmp_path / "runs" / "springs") == []
    again = hpcmlff.resume(made.store.path, profile="local")
    assert again.cells == made.cells
    assert hpcmlff.cancel() == list(again.jobs)


def test_cells_are_named_as_for_the_commands(grid_file: WriteGrid) -> None:
    grid_file(models="{mean: {steps: 400, step_s: 0.05}}")
    made = hpcmlff.submit("grid.yaml", profile="local")
    assert len(hpcmlff.status(made.store, "mean/springs/n10")) == 2
    assert hpcmlff.cancel(made.store, "mean/springs/n10/s0") == list(made.jobs)
    assert hpcmlff.cancel(made.store) == list(made.jobs)
    stopped = made.store.wait()
    assert stopped.counts["done"] == stopped.counts["failed"] == 0
    assert hpcmlff.retry(made.store, "size>=10", profile="local").cells == ()
    assert hpcmlff.show(made.store, "mean/springs/n20/s1")["label"].startswith(
        "mean/springs/n20/s1-"
    )
    for wrong in ("mean/springs/n11", "state=lost"):
        with pytest.raises(hpcmlff.HpcmlffError) as caught:
            made.store.status(wrong)
        assert caught.value.exit_code == 4
    with pytest.raises(hpcmlff.HpcmlffError, match="state=failed names all that failed"):
        hpcmlff.retry(made.store)


def test_failed_cells_and_no_others_are_tried_again(grid_file: WriteGrid) -> None:
    grid_file(axes="{model: [mean], size: [10], seed: [0, 1]}")
    store = hpcmlff.submit("grid.yaml", profile="local", wait=True).store
    bad, _ = store.cells
    for _, path in store.opened.cell(bad).attempts()[0].generations():
        path.write_bytes(b"damaged")
    # A cell whose only checkpoint does not verify fails for good.
    assert hpcmlff.resume(store, profile="local", wait=True).status.counts["failed"] == 1
    again = hpcmlff.retry(store, "mean/springs/*", profile="local", wait=True)
    assert again.cells == (bad.id,)
    assert (again.status.counts["failed"], again.status.counts["done"]) == (1, 1)


def test_what_was_never_submitted_is_told_as_by_the_command(
    grid_file: WriteGrid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(hpcmlff.HpcmlffError) as caught:
        hpcmlff.resume()
    assert resume.main([]) == caught.value.exit_code == 4
    assert capsys.readouterr().err == f"error: {caught.value}\n"
    path = grid_file(resources="[{mem_gb: 0.1}]")
    with pytest.raises(hpcmlff.HpcmlffError, match="2 cells") as caught:
        hpcmlff.submit(path, profile="local")
    assert caught.value.exit_code == 3
    assert "grid.yaml:6: resources: " in str(caught.value)
    assert not (tmp_path / "runs").exists()
