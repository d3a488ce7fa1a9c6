"""Real processes in milliseconds: forks of one that has everything imported.

A campaign kills hundreds of processes; starting Python and h5py for each would take most of its
time. The campaign's own process may have threads, so another one forks.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Self

_TESTS = Path(__file__).resolve().parents[2]
_CRASHED = 70

_THREADS = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
"""A thread that waits leaves its core to the other tests."""


class Nursery:
    """Starts functions of `store.faults` in processes of their own.

    Parameters
    ----------
    needed
        Modules to import beforehand, so that not every process has to.
    """

    def __init__(self, *needed: str) -> None:
        self._needed = needed

    def __enter__(self) -> Self:
        # Children that are killed cannot save what a coverage tool has measured.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "store.faults.nursery", *self._needed],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=kept | {"PYTHONPATH": str(_TESTS), **_THREADS},
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, function: str, *arguments: Any) -> int:
        """Start a function with plain arguments; return its pid.

        Parameters
        ----------
        function
            ``module.function`` of this package, or of another with its full name.
        """
        return self._ask({"start": function, "arguments": arguments})

    def wait(self, pid: int) -> int:
        """Return how a process ended: its exit code, or minus the signal."""
        return self._ask({"wait": pid})

    def run(self, function: str, *arguments: Any) -> int:
        """Start a function and wait for its end."""
        return self.wait(self.start(function, *arguments))

    def _ask(self, question: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        return int(self._process.stdout.readline())


def is_stopped(pid: int) -> bool:
    """Tell whether a process is suspended, or has ended and waits to be looked after."""
    # proc(5): the state is the third field of stat, after a name in brackets.
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state in "TZ"


def wait_until_stopped(pid: int) -> None:
    """Return once a process is suspended or over."""
    while not is_stopped(pid):
        time.sleep(0.001)


def serve() -> None:
    """Answer until stdin ends."""
    for name in ("store.faults.actors", *sys.argv[1:]):
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            answer = _fork(asked["start"], asked["arguments"])
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _fork(function: str, arguments: list[Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = _CRASHED
    try:
        # The pipes belong to the one that answers.
        empty = os.open(os.devnull, os.O_RDWR)
        os.dup2(empty, 0)
        os.dup2(empty, 1)
        module, _, name = function.rpartition(".")
        whole = module if "." in module else f"store.faults.{module}"
        code = getattr(importlib.import_module(whole), name)(*arguments) or 0
    except BaseException:  # noqa: BLE001 - the fork must end here, whatever happens
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
