"""Completion: by bash itself, and by what click asks for zsh and fish."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from store.made import freeze, make_store

from hpcmlff import __main__, completing
from hpcmlff.store.store import Store

BASH = shutil.which("bash") or "/bin/bash"
PROGRAM = [sys.executable, "-m", "hpcmlff"]
ASK = r"""
eval "$(hpcmlff completion bash)"
complete -p hpcmlff
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_hpcmlff_completion hpcmlff 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a store of twelve cells in the current folder, where `hpcmlff` is a program."""
    made, cells = make_store(tmp_path / "study", seeds=12)
    freeze(made, cells)
    program = tmp_path / "bin" / "hpcmlff"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hpcmlff "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return made


def bash(*words: str) -> list[str]:
    done = subprocess.run(
        [BASH, "-c", ASK, "ask", "hpcmlff", *words], capture_output=True, text=True, check=True
    )
    first, *offered = done.stdout.splitlines()
    assert first.endswith("-F _hpcmlff_completion hpcmlff")
    return [one for one in offered if one]


def test_bash_completes_commands_options_profiles_and_cells(store: Store) -> None:
    assert bash("re") == ["resume", "retry"]
    assert bash("status", "study", "mean/springs/n3/s2") == ["mean/springs/n3/s2"]
    assert bash("store", "ve") == ["verify"]
    assert bash("submit", "--retry") == ["--retry-failed"]
    assert bash("submit", "--profile", "sab") == ["sabarmati"]
    assert bash("export", "study", "mean/springs/n3/s1") == [
        *("mean/springs/n3/s1", "mean/springs/n3/s10", "mean/springs/n3/s11")
    ]
    assert bash("export", "study", "me")[0] == "mean/springs/n3/s0"


@pytest.mark.parametrize(
    ("shell", "words", "current", "expected"),
    [
        ("zsh", "hpcmlff stat", "1", "plain\nstatus\n"),
        ("fish", "hpcmlff", "stat", "plain,status\t"),
    ],
)
def test_other_shells_get_what_they_ask_for(
    store: Store, shell: str, words: str, current: str, expected: str
) -> None:
    asking = {"_HPCMLFF_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": current}
    done = subprocess.run(
        PROGRAM, env=os.environ | asking, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(expected)
    script = subprocess.run(
        [*PROGRAM, "completion", shell], capture_output=True, text=True, check=True
    ).stdout
    assert f"_HPCMLFF_COMPLETE={shell}_complete" in script
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=script, text=True, check=True)


def test_names_go_on_to_the_next_slash_at_which_they_differ() -> None:
    names = ["a/x/n1/s0", "a/x/n1/s1", "a/x/n20/s0", "b/x/n1/s0"]
    assert completing.next_parts(names, "") == ["a/", "b/"]
    assert completing.next_parts(names, "a") == ["a/x/n1/", "a/x/n20/"]
    assert completing.next_parts(names, "a/x/n1/") == ["a/x/n1/s0", "a/x/n1/s1"]
    assert completing.next_parts(names, "b") == ["b/x/n1/s0"]
    assert completing.next_parts(names, "c") == []


def test_where_no_store_is_there_nothing_is_offered_and_nothing_is_said(
    store: Store, tmp_path: Path
) -> None:
    assert bash("export", "nowhere", "mean") == []
    (tmp_path / "study" / "grid" / "r000001.json").write_text("{")
    assert bash("export", "study", "mean") == []


def test_the_program_is_installed() -> None:
    [found] = entry_points(group="console_scripts", name="hpcmlff")
    assert found.load() is __main__.main
