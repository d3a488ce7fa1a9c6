"""Clusters that an aborted run left behind: their processes and their folders."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from cluster.belongings import kill_daemons, kill_jobs
from cluster.place import Place

from hpcmlff.executors.processes import identify, is_alive, is_here

PREFIX = "hpcmlff-slurm-"
"""How the folders of clusters are called."""

_OWNER = "owner.json"
_NAMELESS_S, _TRIES = 60.0, 20


def new_place() -> Place:
    """Make the folder of a new cluster and note who owns it.

    Raises
    ------
    RuntimeError
        The path of the system's folder for temporary files is too long for sockets.
    """
    folder = tempfile.gettempdir()
    if len(folder) > 50:
        raise RuntimeError(f"{folder} is too long for Unix sockets; set TMPDIR to a shorter one")
    place = Place(Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder)))
    (place.root / _OWNER).write_text(json.dumps(identify(os.getpid())), encoding="ascii")
    place.make()
    return place


def remove_leftovers() -> list[Path]:
    """Remove the clusters of this user whose owners are gone; return their folders."""
    folders = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    stale = [folder for folder in folders if _is_mine(folder) and _is_stale(folder)]
    for folder in stale:
        remove(Place(folder))
    return stale


def remove(place: Place) -> None:
    """Kill what is left of a cluster and remove its folder.

    Raises
    ------
    RuntimeError
        The folder is still there.
    """
    kill_daemons(place)
    kill_jobs(place)
    for _ in range(_TRIES):
        # A process may make a last file in its death, and another run may clean up at once.
        shutil.rmtree(place.root, ignore_errors=True)
        if not place.root.exists():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{place.root} cannot be removed")


def _is_mine(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_uid == os.getuid()


def _is_stale(folder: Path) -> bool:
    try:
        owner = json.loads((folder / _OWNER).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        # Its owner has not come to name itself yet, or never will.
        return time.time() - folder.stat().st_mtime > _NAMELESS_S
    return is_here(owner) and not is_alive(owner)
