"""What the probe job does on its node: it tells what reaches it there."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from hpcmlff import __version__
from hpcmlff.files import json_bytes, read_json, write_durably

REPORT = "report.json"
"""What the job tells, in the probe's folder."""

GO_ON = "go-on"
"""Made by who watches the job when no more signals are to be awaited."""

SIGNALS = ("USR2", "TERM")
"""Slurm sends the first before the walltime ends, the second on a stop from outside."""

_PATIENCE_S = 120
"""Nobody watches the job any more after this."""


def report(folder: str) -> None:
    """Tell where this runs, which signals come, and whether the job may be requeued.

    Parameters
    ----------
    folder
        The probe's folder.
    """
    path = Path(folder) / REPORT
    if read_json(path) is not None:
        return  # the job was requeued and has come back before it was cancelled
    told = _place() | {"signals": [], "requeue": None}
    heard = _listen()
    _tell(told, path)
    deadline = time.monotonic() + _PATIENCE_S
    while set(heard) != set(SIGNALS) and not (path.parent / GO_ON).exists():
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)
        if told["signals"] != heard:
            told["signals"] = [*heard]
            _tell(told, path)
    told |= {"signals": heard, "requeue": "asked"}
    _tell(told, path)
    told["requeue"] = _requeue()
    _tell(told, path)


def _place() -> dict[str, Any]:
    folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - what programs on the node take
    return {
        "host": os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        "python": platform.python_version(),
        "hpcmlff": __version__,
        "scheduler": os.environ.get("SUBMITIT_EXECUTOR", "slurm"),
        "scontrol": shutil.which("scontrol"),
        "temporary": folder,
        "temporary_is_writable": os.access(folder, os.W_OK | os.X_OK),
    }


def _listen() -> list[str]:
    heard: list[str] = []
    for name in SIGNALS:
        signal.signal(getattr(signal, f"SIG{name}"), lambda *_, name=name: heard.append(name))
    return heard


def _tell(told: dict[str, Any], path: Path) -> None:
    write_durably(path, [json_bytes(told)])


def _requeue() -> str:
    """See to a successor as a worker does; return ``asked`` or the words of the refusal."""
    if os.environ.get("SUBMITIT_EXECUTOR") == "pbs":
        return _submit()
    return _call(["scontrol", "requeue", os.environ["SLURM_JOB_ID"]])[0]


def _submit() -> str:
    """Submit a job on PBS, held so that it never runs, and delete it."""
    what = ["-q", os.environ["PBS_QUEUE"], "-l", "select=1:ncpus=1", "-l", "walltime=00:01:00"]
    held = ["-h", "-N", "hpcmlff-check", "-j", "oe", "-o", "/dev/null", *what]
    answer, job_id = _call(["qsub", "-f", *held, "--", "/bin/true"])
    if job_id:
        _call(["qdel", job_id])
    return answer


def _call(command: list[str]) -> tuple[str, str]:
    """Return ``asked`` or the words of the refusal, and what was printed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except OSError as error:
        return f"refused: {error.strerror}", ""
    except subprocess.TimeoutExpired:
        return "refused: no answer within a minute", ""
    words = (done.stderr or done.stdout).strip()
    return (f"refused: {words}", "") if done.returncode else ("asked", done.stdout.strip())
