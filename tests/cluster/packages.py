"""Whether this machine has the programs that a private cluster is made of."""

from __future__ import annotations

import os
import shutil

INSTALL = "install Slurm: bash tests/cluster/install.sh"
"""What to do about missing programs."""

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "slurmdbd", "mariadbd", "setpriv")
"""What is looked for."""

# Daemons lie where an ordinary user's PATH does not lead.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
"""Where programs are looked for."""


def program(name: str) -> str:
    """Return the path of a program.

    Raises
    ------
    FileNotFoundError
        It is not installed.
    """
    found = shutil.which(name, path=SEARCH)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; {INSTALL}")
    return found


def missing_programs() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]
