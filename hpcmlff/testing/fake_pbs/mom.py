"""The nodes: they start jobs as processes of this host, signal them and see them end."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpcmlff.testing.fake_pbs import output, sessions
from hpcmlff.testing.fake_pbs.environment import job_environment, node_file
from hpcmlff.testing.fake_pbs.job import Attempt, Job
from hpcmlff.testing.fake_pbs.resources import clock

_LOGIN_SHELL = "/bin/bash"


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of a job's first process."""

    session: int
    """Its session."""
    status: int
    """As PBS counts: the exit code, or 256 and the signal."""
    used: dict[str, str | int]
    """Processor time and memory."""


class Mom:
    """Starts jobs.

    Parameters
    ----------
    folder
        Of the fake server.
    home
        $HOME of jobs.
    environment
        What every job finds in its environment beside PBS's own variables.
    """

    def __init__(self, folder: Path, home: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.home = home
        self._environment = environment
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def spool(self, node: str) -> Path:
        """Return the folder in which a node collects output."""
        return self.folder / "spool" / node

    def launch(self, job: Job) -> Attempt:
        """Start a job on the first of its nodes."""
        node = job.shares[0].node
        tmpdir = self.folder / "tmp" / node / f"pbs.{job.id}"
        tmpdir.mkdir(parents=True, exist_ok=True)
        cookie = secrets.token_hex(16).upper()
        attempt = Attempt(session=0, node=node, cookie=cookie, tmpdir=str(tmpdir))
        (self.folder / "aux" / job.id).write_text(node_file(job), encoding="utf-8")
        try:
            attempt.session = self._start(job, attempt)
        except OSError as error:
            self.write(job, node, f"-bash: {error.filename}: {error.strerror}\n")
        return attempt

    def _start(self, job: Job, attempt: Attempt) -> int:
        arguments, program, fed = self._command(job)
        first, *more = (
            output.opened(job, stream, (self.spool(attempt.node), self.home))
            for stream in output.streams(job)
        )
        try:
            process = subprocess.Popen(
                arguments,
                executable=program,
                stdin=fed,
                stdout=first,
                stderr=more[0] if more else first,
                cwd=self.home,
                env={**self._environment, **job_environment(job, attempt, self.folder, self.home)},
                start_new_session=True,
                umask=job.request.umask,
            )
        finally:
            for descriptor in (fed, first, *more):
                os.close(descriptor)
        self._processes[process.pid] = process
        return process.pid

    def _command(self, job: Job) -> tuple[list[str], str | None, int]:
        """Return arguments, program and standard input: a login shell reads the script's path."""
        if job.request.script is None:
            return list(job.request.program), None, os.open(os.devnull, os.O_RDONLY)
        script = self.script(job)
        # A shell of a lost attempt may still read the old one.
        script.unlink(missing_ok=True)
        script.write_text(job.request.script, encoding="utf-8", errors="surrogateescape")
        script.chmod(0o700)
        shell = job.request.shell or _LOGIN_SHELL
        reader, writer = os.pipe()
        line = f"{shlex.quote(str(script.parent))}/{script.name}\n"
        os.write(writer, line.encode("utf-8", "surrogateescape"))
        os.close(writer)
        return [f"-{Path(shell).name}"], shell, reader

    def script(self, job: Job) -> Path:
        """Return the file with a running job's script."""
        return self.folder / "mom_priv" / "jobs" / f"{job.id}.SC"

    def write(self, job: Job, node: str, text: str) -> None:
        """Add a line of PBS's own to a job's output."""
        stream = output.streams(job)[-1]
        descriptor = output.opened(job, stream, (self.spool(node), self.home))
        os.write(descriptor, text.encode())
        os.close(descriptor)

    def clean(self, job: Job, attempt: Attempt) -> None:
        """Remove what an ended attempt leaves on its node."""
        shutil.rmtree(attempt.tmpdir, ignore_errors=True)
        self.script(job).unlink(missing_ok=True)
        (self.folder / "aux" / job.id).unlink(missing_ok=True)

    def ends(self) -> list[End]:
        """Return the first processes that ended since this was asked last."""
        found = (self._reap(pid) for pid in list(self._processes))
        return [end for end in found if end is not None]

    def _reap(self, pid: int) -> End | None:
        gone, status, usage = os.wait4(pid, os.WNOHANG)
        if not gone:
            return None
        code = os.waitstatus_to_exitcode(status)
        self._processes.pop(pid).returncode = code
        cput = usage.ru_utime + usage.ru_stime
        used: dict[str, str | int] = {"cput": clock(cput), "mem": f"{usage.ru_maxrss}kb"}
        return End(session=pid, status=code if code >= 0 else 256 - code, used=used)

    def signal(self, attempt: Attempt, number: int) -> None:
        """Send a signal to all processes of an attempt."""
        sessions.send(attempt.session, number)
