"""The programs on PATH: each notes its call and asks the server."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from hpcmlff.testing.fake_pbs import client

COMMANDS = ("qsub", "qstat", "qdel", "qsig", "qrerun", "qhold", "qrls", "pbsnodes")
"""The programs there are."""

# One short line appended at once is never mixed with another's, write(2).
_PROGRAM = """\
#!/bin/sh
printf '%s %s %s\\n' {name} "${{PBS_JOBID:--}}" "$(printf '%s ' "$@" | tr '\\n' ' ')" >>{log}
exec {python} -I -S {client} {address} {server} {name} "$@"
"""


def write_programs(folder: Path, log: Path, address: str, server: str) -> None:
    """Write the programs.

    Parameters
    ----------
    folder
        Where they go; on PATH later.
    log
        Where they note their calls.
    address
        Where the server listens.
    server
        Its name.
    """
    shared = {
        "log": log,
        "python": sys.executable,
        "client": client.__file__,
        "address": address,
        "server": server,
    }
    for name in COMMANDS:
        words = {key: shlex.quote(str(value)) for key, value in shared.items()}
        program = folder / name
        program.write_text(_PROGRAM.format(name=name, **words), encoding="utf-8")
        program.chmod(0o755)
