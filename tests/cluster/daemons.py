"""Daemons of the cluster: started in the foreground, ended with what started them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Put before a command: the kernel kills it when its parent is gone for any reason; prctl(2)."""

_LINGER_S = 10.0


class Daemon:
    """One daemon, alone in its session, that cannot outlive this process.

    Parameters
    ----------
    name
        Names the log and the record of its identity.
    command
        What to run; it must stay in the foreground.
    log
        Folder of what it prints.
    environment
        All its variables.
    """

    def __init__(
        self, name: str, command: list[str], *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.output = log / f"{name}.out"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*DIE_WITH_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                # Where a crash leaves its core.
                cwd=log,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """Kill it and everything that stayed in its process group."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill processes and wait until they are gone, however they came into being.

    Raises
    ------
    RuntimeError
        Some are still there.
    """
    doomed = list(processes)
    # At once: none of them may see another one's end and still write about it.
    for process in doomed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    for process in doomed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + _LINGER_S
    while left := [process for process in doomed if _is_there(process)]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes could not be killed: {left}")
        time.sleep(0.01)


def _is_there(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        # A zombie has released everything; who started it will see its end.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
