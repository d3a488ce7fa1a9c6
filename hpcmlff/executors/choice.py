"""Which executor and profile to use."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from hpcmlff import yamlio
from hpcmlff.errors import ProfileError, nearest
from hpcmlff.executors.base import Executor
from hpcmlff.executors.local import LocalExecutor
from hpcmlff.spec.profile import Profile

FOLDER = Path("cluster_profiles")
"""Where a user's own profiles are looked for first, in the current folder."""


def load_profile(name: str) -> Profile:
    """Find and check a cluster profile.

    Parameters
    ----------
    name
        A profile's name, looked up in ``./cluster_profiles`` and then among those
        that come with hpcmlff; or the path of a YAML file.

    Raises
    ------
    ProfileError
        There is none, or it is wrong.
    """
    document = yamlio.read(_find(name), ProfileError)
    return document.parse(Profile)


def executor_for(profile: Profile) -> Executor:
    """Return the executor of a profile's scheduler."""
    return {"local": LocalExecutor}[profile.scheduler]()


def _find(name: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    shipped = Path(str(files("hpcmlff") / "cluster_profiles"))
    for folder in (FOLDER, shipped):
        path = folder / f"{name}.yaml"
        if path.is_file():
            return path
    known = {path.stem for folder in (FOLDER, shipped) for path in folder.glob("*.yaml")}
    raise ProfileError(f"unknown profile {name!r}", hint=nearest(name, known))
