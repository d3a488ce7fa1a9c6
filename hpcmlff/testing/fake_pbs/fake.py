"""`FakePbs`: a private OpenPBS for tests, whose commands are programs on PATH."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from hpcmlff.testing.fake_pbs import client
from hpcmlff.testing.fake_pbs.counting import PbsCallLog
from hpcmlff.testing.fake_pbs.options import FakePbsOptions
from hpcmlff.testing.fake_pbs.programs import write_programs

_STOP_TIMEOUT_S = 30


class FakePbs:
    """A server with nodes that runs jobs as processes of this host; a context manager.

    Parameters
    ----------
    folder
        A folder that does not exist yet, or that of a server stopped with ``keep``; a name
        with spaces is fine.
    options
        What it is like.
    """

    def __init__(self, folder: Path, options: FakePbsOptions | None = None) -> None:
        self.folder = folder.absolute()
        self.options = options or FakePbsOptions()
        self.counting = PbsCallLog(self.folder / "calls.log")
        self._address = f"hpcmlff-fake-pbs-{uuid.uuid4().hex}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> FakePbs:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server."""
        self.bin.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.options.to_plain())
        (self.folder / "options.json").write_text(text, encoding="utf-8")
        write_programs(self.bin, self.counting.file, self._address, self.options.server)
        self._launch()

    def _launch(self) -> None:
        command = [sys.executable, "-m", "hpcmlff.testing.fake_pbs.daemon"]
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self.folder), self._address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the server did not start:\n{self.daemon_log}")

    def stop(self, *, keep: bool = False) -> None:
        """End the server and all processes of its jobs, and remove its folder.

        Parameters
        ----------
        keep
            Whether the folder stays, so that another server can go on from there.

        Raises
        ------
        RuntimeError
            The server had a bug; its words are shown.
        """
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=_STOP_TIMEOUT_S)
        words = self.daemon_log
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        if words:
            raise RuntimeError(f"the server had trouble:\n{words}")

    def restart(self) -> None:
        """Kill the server and its nodes and start them again: what ran starts anew."""
        assert self._process is not None
        self._control("save")
        self._process.kill()
        self._process.communicate(timeout=_STOP_TIMEOUT_S)
        self._launch()

    @property
    def bin(self) -> Path:
        """The folder of the programs."""
        return self.folder / "bin"

    @property
    def home(self) -> Path:
        """$HOME of jobs."""
        return Path(self.options.home or self.folder / "home")

    @property
    def daemon_log(self) -> str:
        """What the server's process complained about; nothing, if all is well."""
        return (self.folder / "daemon.log").read_text(encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The variables, PATH foremost, with which a process finds this server's commands."""
        return {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}

    def kill_node(self, name: str) -> None:
        """Lose a node: its processes go on, but nobody sees or ends them any more."""
        self._control("kill_node", name)

    def revive_node(self, name: str) -> None:
        """Let a lost node come back."""
        self._control("revive_node", name)

    def preempt(self, job_id: str, rest_s: float = 0.0) -> bool:
        """Requeue a running job for one of higher priority; tell whether it is rerunable.

        Parameters
        ----------
        job_id
            A job, an element, or an array for all its elements.
        rest_s
            How long it may not start again, seconds.
        """
        return self._control("preempt", job_id, str(rest_s))[0] == 0

    def suspend(self, job_id: str) -> None:
        """Stop a job for one of higher priority."""
        self._control("suspend", job_id, "yes")

    def resume(self, job_id: str) -> None:
        """Let a suspended job go on."""
        self._control("suspend", job_id, "no")

    @contextmanager
    def server_down(self) -> Iterator[None]:
        """Refuse all commands for a while; jobs go on."""
        self._control("down", "yes")
        try:
            yield
        finally:
            self._control("down", "no")

    @contextmanager
    def slow(self, answer_s: float) -> Iterator[None]:
        """Let every command take so many seconds longer for a while.

        The server has done what was asked by then, whether or not anybody waits that long.
        """
        self._control("answer_s", str(answer_s))
        try:
            yield
        finally:
            self._control("answer_s", str(self.options.answer_s))

    @contextmanager
    def broken_launches(self) -> Iterator[None]:
        """Let every launch fail for a while, as with a broken prologue."""
        self._control("break_launches", "yes")
        try:
            yield
        finally:
            self._control("break_launches", "no")

    def processes(self, job_id: str) -> list[int]:
        """Return the living processes of all attempts of a job, lost ones too."""
        return [int(pid) for pid in self._control("processes", job_id)[1].split()]

    def _control(self, action: str, *arguments: str) -> tuple[int, str]:
        code, printed, words, _, _ = client.ask(f"{self._address}-control", action, list(arguments))
        if words:
            raise LookupError(words)
        return code, printed
