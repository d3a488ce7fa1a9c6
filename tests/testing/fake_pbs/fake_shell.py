"""A user's shell in front of a fake PBS server."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hpcmlff.testing.fake_pbs import FakePbs

DEADLINE_S = 60.0
"""Far longer than anything here takes, whatever else the host does."""


class Shell:
    """Runs commands in one folder and reads what PBS knows."""

    def __init__(self, pbs: FakePbs, folder: Path) -> None:
        self.pbs = pbs
        self.folder = folder

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env={**os.environ, **self.pbs.environment},
            cwd=self.folder,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def pbs_user(self) -> str:
        return getpass.getuser()

    def outcome(self, *words: str) -> tuple[int, str, str]:
        done = self.run(*words)
        return done.returncode, done.stdout, done.stderr

    def submit(self, *words: str) -> str:
        done = self.run("qsub", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def script(self, text: str, *words: str) -> str:
        done = self.run("qsub", *words, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def jobs(self, *words: str) -> dict[str, Any]:
        answer = json.loads(self.run("qstat", "-f", "-F", "json", *words).stdout)
        found: dict[str, Any] = answer.get("Jobs", {})
        return found

    def job(self, job_id: str) -> dict[str, Any]:
        options = ["-x"] if self.pbs.options.history else []
        found: dict[str, Any] = self.jobs(*options, job_id).get(job_id, {})
        return found

    def facts(self, job_id: str) -> tuple[Any, ...]:
        """State, substate, exit status and run count."""
        job = self.job(job_id)
        return tuple(job.get(key) for key in ("job_state", "substate", "Exit_status", "run_count"))

    def reach(self, job_id: str, states: str) -> dict[str, Any]:
        """Wait until a job is in one of some states; return its attributes."""
        self.wait(lambda: self.job(job_id).get("job_state", "-") in states)
        return self.job(job_id)

    def wait(self, happened: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not happened():
            assert time.monotonic() < end, self.run("qstat", "-x", "-t", "-f").stdout
            time.sleep(0.05)

    def read(self, name: str) -> str:
        """Return a file's text, once there is some."""
        path = self.folder / name
        self.wait(lambda: path.exists() and path.read_text(encoding="utf-8"))
        return path.read_text(encoding="utf-8")
