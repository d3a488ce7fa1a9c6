from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from hpcmlff import console
from hpcmlff.errors import GridError


def ends(error: BaseException | None, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    @click.command()
    def command() -> int:
        if error:
            raise error
        return 7

    return console.run(command, "hpcmlff.x", []), capsys.readouterr().err


def test_a_command_ends_with_the_code_of_its_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(None, capsys) == (7, "")


def test_an_expected_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    error = GridError("is wrong", where="grid.yaml:1")
    assert ends(error, capsys) == (3, "error: grid.yaml:1: is wrong\n")


def test_an_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(KeyboardInterrupt(), capsys)[0] == 130


def test_a_full_disk_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "store/grid")
    text = "error: [Errno 28] No space left on device: 'store/grid'\n"
    assert ends(error, capsys) == (4, text)


def test_an_error_of_the_system_that_we_caused_is_a_bug(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, text = ends(FileNotFoundError(errno.ENOENT, "No such file"), capsys)
    assert code == 70
    assert "Traceback" in text


def test_a_bug_shows_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = ends(ZeroDivisionError("oh"), capsys)
    assert code == 70
    assert "Traceback" in text
    assert text.endswith("this is a bug in hpcmlff; please report the lines above\n")


def test_the_next_step_can_be_pasted_into_a_shell() -> None:
    text = console.next_step("hpcmlff.status", Path("/my data/run's"))
    assert text.removeprefix("next: ") == shlex.join(
        ["python", "-m", "hpcmlff.status", "/my data/run's"]
    )


def test_json_has_null_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    console.emit_json({"a": [float("nan"), 1.5], "b": (float("inf"),)})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": [None]}


def test_a_closed_pipe_ends_quietly() -> None:
    code = (
        "import sys, click\nfrom hpcmlff import console\n"
        "@click.command()\ndef c():\n    print('x' * 100000)\n"
        "sys.exit(console.run(c, 'x', []))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


HEAVY = {"torch", "schnetpack", "sgdml", "numba", "scipy"}
SLOW = HEAVY | {"pydantic", "h5py", "numpy", "pandas", "matplotlib", "submitit", "ase"}
LOADED = (
    "import sys; from hpcmlff.{0} import main; main({1!r}); print(*sys.modules, file=sys.stderr)"
)


def modules_of(command: str, arguments: list[str]) -> set[str]:
    code = LOADED.format(command, arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize(
    "command",
    [
        *("submit", "status", "show", "logs", "resume", "retry", "collect", "cancel"),
        *("data.__main__", "profiles.__main__"),
    ],
)
def test_help_loads_nothing_slow_and_shows_examples(command: str) -> None:
    assert modules_of(command, ["--help"]) & SLOW == set()
    module = command.removesuffix(".__main__")
    done = subprocess.run(
        [sys.executable, "-m", f"hpcmlff.{module}", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "100"},
    )
    assert "Examples:" in done.stdout
    assert "Exit codes:\n      0  success\n" in done.stdout
    assert f"python -m hpcmlff.{module}" in done.stdout
