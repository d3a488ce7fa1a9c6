"""Output of jobs: where it is spooled, where it ends, and how it is brought there."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from hpcmlff.testing.fake_pbs.job import Job

ENDINGS = {"o": "OU", "e": "ER"}
"""What spooled files end with, by stream."""


def attribute(job: Job, stream: str, server: str) -> str:
    """Return ``Output_Path`` (stream o) or ``Error_Path`` (e)."""
    request = job.request
    given = request.output if stream == "o" else request.error
    if given is not None:
        return f"localhost:{_with_index(given, job)}"
    index = "" if not request.indices else ".^array_index^"
    name = f"{request.workdir}/{request.name}.{stream}{job.sequence}{index}"
    return f"{server}:{_with_index(name, job)}"


def final_path(job: Job, stream: str, home: Path) -> Path:
    """Return the file in which a stream ends."""
    if stream in job.request.keep and "d" not in job.request.keep:
        index = "" if job.index is None else f".{job.index}"
        return home / f"{job.request.name}.{stream}{job.sequence}{index}"
    path = attribute(job, stream, "").partition(":")[2]
    if path.endswith("/") or Path(path).is_dir():
        return Path(path) / f"{job.id}.{ENDINGS[stream]}"
    return Path(path)


def streams(job: Job) -> tuple[str, ...]:
    """Return the streams that a job has: both are one if it joins them."""
    return {"oe": ("o",), "eo": ("e",)}.get(job.request.join, ("o", "e"))


def is_direct(job: Job, stream: str) -> bool:
    """Tell whether a stream is written where it ends from the beginning, ``-k``."""
    return job.request.keep != "n" and stream in job.request.keep


def opened(job: Job, stream: str, places: tuple[Path, Path]) -> int:
    """Open a stream of a job that starts, behind what attempts before wrote.

    Parameters
    ----------
    job
        The job.
    stream
        o or e.
    places
        Folder of the node's spooled files, and $HOME.
    """
    spool, home = places
    if is_direct(job, stream):
        # Where that is impossible, it is collected like other output.
        with contextlib.suppress(OSError):
            return _appending(final_path(job, stream, home), job.request.umask)
    spool.mkdir(parents=True, exist_ok=True)
    return _appending(spooled(job, stream, spool), job.request.umask)


def _appending(path: Path, umask: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666 & ~umask)


def spooled(job: Job, stream: str, spool: Path) -> Path:
    """Return the file in which a stream is collected on its node."""
    return spool / f"{job.id}.{ENDINGS[stream]}"


def deliver(job: Job, spool: Path, home: Path) -> bool:
    """Bring the output of an ended job where it belongs; tell whether that went well."""
    fine = True
    for stream in streams(job):
        source = spooled(job, stream, spool)
        try:
            if source.exists():
                shutil.copy(source, final_path(job, stream, home))
                source.unlink()
        except OSError:
            fine = False
    return fine


def give_up(job: Job, spool: Path, undelivered: Path) -> None:
    """Leave output that cannot be delivered where an administrator would look for it."""
    for stream in streams(job):
        source = spooled(job, stream, spool)
        if source.exists():
            source.replace(undelivered / source.name)


def lose(job: Job, spool: Path) -> None:
    """Forget what an attempt has spooled on a node that is lost; it may go on writing."""
    for stream in streams(job):
        spooled(job, stream, spool).unlink(missing_ok=True)


def _with_index(text: str, job: Job) -> str:
    return text if job.index is None else text.replace("^array_index^", str(job.index))
