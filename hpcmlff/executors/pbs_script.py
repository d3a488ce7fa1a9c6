"""What is asked of PBS for a job: the options of qsub and the script; pure.

The script is run by ``qsub ... -- /bin/bash -l SCRIPT`` and gives its place to Python. So
Python is the job's first process: PBS signals it, and no shell above it dies of the signal.
A script that qsub itself is given is run by a login shell that stays and dies at once.

Observed with OpenPBS 23.06.06.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_+.-]+")
_LONGEST_NAME = 230
SHORT_NAME = 15
"""Longest name of a job in old versions of PBS."""

_TAGS: Mapping[str, str] = {"%j": '"$job"', "%A": '"$array"', "%a": '"${job##*_}"', "%t": "0"}
"""submitit's tags in paths, as the script has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What qsub is asked for."""

    name: str
    """Name of the job."""
    select: str
    """Chunks, such as ``1:ncpus=2:mem=4096mb:ngpus=1``."""
    walltime_s: int
    """Longest run, seconds."""
    folder: Path
    """Receives what PBS itself has to say of the job."""
    place: str | None = None
    """``place``, such as ``scatter``."""
    queue: str | None = None
    """Queue."""
    project: str | None = None
    """Project, ``-P``."""
    account: str | None = None
    """Account, ``-A``."""
    rerunable: bool = True
    """Whether PBS may run the job again after a preemption or a lost node."""
    elements: int = 1
    """Elements; one is a single job, since PBS refuses arrays of one."""
    parallel: int | None = None
    """Most elements that run at the same time."""
    dependency: str | None = None
    """``depend``, such as ``afterany:12``."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Further options by their letter, or attributes of ``-W`` by their name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What the job does."""

    command: str
    """Shell words that start Python."""
    out: str
    """Path of what the job prints, with submitit's tags."""
    err: str | None
    """Path of its complaints; None to join them."""
    cwd: Path
    """Where it runs; PBS itself would run it in $HOME."""
    path: str
    """``PATH``; PBS gives that of a login, which need not hold qsub."""
    umask: int
    """Permissions taken from new files; PBS itself would take all but the owner's."""
    walltime_s: int
    """Longest run, seconds."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further variables."""
    setup: Sequence[str] = ()
    """Shell lines before Python starts."""


def safe_name(name: str) -> str:
    """Return a text as a job's name."""
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME] or "job"


def select(cpus: int, mem_mb: int | None, gpus: int, extra: Mapping[str, str]) -> str:
    """Return one chunk of resources."""
    parts = ["1", f"ncpus={cpus}"]
    parts += [f"mem={mem_mb}mb"] if mem_mb else []
    parts += [f"ngpus={gpus}"] if gpus else []
    return ":".join([*parts, *(f"{name}={value}" for name, value in extra.items())])


def clock(seconds: int) -> str:
    """Return a duration as PBS writes it, ``HH:MM:SS``."""
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def qsub_arguments(request: Request) -> list[str]:
    """Return the options of qsub."""
    name = safe_name(request.name)
    given = {
        "-N": name,
        "-q": request.queue,
        "-P": request.project,
        "-A": request.account,
        "-j": "oe",
        "-o": _output(request.folder),
        "-r": "y" if request.rerunable else "n",
        "-m": "n",
        # Old versions cut the name.
        "-v": f"SUBMITIT_PBS_NAME={name}",
        "-J": _range(request),
    }
    words = [word for flag, value in given.items() if value for word in (flag, value)]
    words += ["-l", f"select={request.select}", "-l", f"walltime={clock(request.walltime_s)}"]
    words += ["-l", f"place={request.place}"] if request.place else []
    words += ["-W", f"depend={request.dependency}"] if request.dependency else []
    for key, value in request.options.items():
        words += [f"-{key}", *([value] if value else [])] if len(key) == 1 else _extra(key, value)
    return words


def with_short_name(arguments: Sequence[str]) -> list[str]:
    """Return options of qsub with a name that old versions take."""
    position = arguments.index("-N") + 1
    return [*arguments[:position], arguments[position][:SHORT_NAME], *arguments[position + 1 :]]


def program(script: Path) -> list[str]:
    """Return what stands behind the options of qsub.

    The login shell reads the profile, which makes ``module`` known to setup lines.
    """
    return ["--", "/bin/bash", "-l", str(script)]


def script_text(script: Script, submission: Sequence[str]) -> str:
    """Return the text of the script.

    Parameters
    ----------
    script
        What it does.
    submission
        The command that submits it, shown in a comment.
    """
    exports = {"PATH": script.path, "SUBMITIT_EXECUTOR": "pbs", **script.environment}
    joined = "2>&1" if script.err is None else f"2>>{_expanded(script.err)}"
    lines = [
        "#!/bin/bash",
        *(f"# {line}" for line in shlex.join(submission).splitlines()),
        "",
        "job=${PBS_JOBID%%.*}",
        "job=${job/\\[/_}",
        "job=${job%\\]}",
        "array=${job%%_*}",
        f"umask {script.umask:04o}",
        f"mkdir -p -- {_expanded(str(Path(script.out).parent))}",
        f"exec >>{_expanded(script.out)} {joined}",
        f"export SUBMITIT_PBS_END_S=$(($(date +%s) + {script.walltime_s}))",
        f"cd -- {shlex.quote(str(script.cwd))} || exit",
        *(f"export {name}={shlex.quote(value)}" for name, value in exports.items()),
        *script.setup,
        f"exec {script.command}",
    ]
    return "\n".join(lines) + "\n"


def _range(request: Request) -> str | None:
    if request.elements == 1:
        return None
    throttled = request.parallel is not None and request.parallel < request.elements
    return f"0-{request.elements - 1}" + (f"%{request.parallel}" if throttled else "")


def _output(folder: Path) -> str:
    # qsub takes printable ASCII only here, and what stands before a colon for a host.
    text = str(folder)
    return f"{text}/" if text.isascii() and text.isprintable() and ":" not in text else "/dev/null"


def _extra(key: str, value: str) -> list[str]:
    return ["-W", f"{key}={value}"]


def _expanded(path: str) -> str:
    parts = re.split(r"(%[jAat])", path)
    return "".join(_TAGS.get(part) or (shlex.quote(part) if part else "") for part in parts)
