from __future__ import annotations

import subprocess
import sys

import pytest

from hpcmlff.testing.fake_pbs.__main__ import main

JOB = "qsub -W block=true -- /bin/sh -c 'exit 9'; echo $?; {}"


@pytest.mark.parametrize(
    ("options", "after"),
    [([], "qstat -Q | tail -1 | cut -d' ' -f1"), (["--history"], "qstat -x | grep -c STDIN")],
)
def test_a_command_finds_a_server_and_its_exit_code_is_told(options: list[str], after: str) -> None:
    words = [*options, "--", "sh", "-c", f"{JOB.format(after)}; exit 7"]
    module = [sys.executable, "-m", "hpcmlff.testing.fake_pbs"]
    done = subprocess.run([*module, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert done.stderr == ""
    assert done.stdout.split() == ["0.pbslab", "9", "1" if options else "gpuq"]


def test_help_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "where qsub, qstat and qdel belong to a fake PBS" in capsys.readouterr().out
