"""Where profiles are found, and how a profile's file is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hpcmlff import yamlio
from hpcmlff.errors import ProfileError, nearest
from hpcmlff.spec.profile import PROFILE_KINDS, Profile

FOLDER = Path("cluster_profiles")
"""Looked into first, in the current folder."""

VARIABLE = "HPCMLFF_PROFILES"
"""Names further folders, separated as in ``PATH``."""

_SUFFIX = ".yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A profile's file."""

    name: str
    """What it is called by: the file's name without ``.yaml``."""
    path: Path
    """The file."""
    profile: Profile | None
    """What it says; None if it is wrong."""
    error: ProfileError | None
    """What is wrong with it."""
    shadowed_by: Path | None
    """The file of the same name that is taken instead."""


def folders() -> list[Path]:
    """Return the folders that profiles are looked for in, in this order.

    They are ``./cluster_profiles``, those of ``$HPCMLFF_PROFILES``, the user's
    configuration (XDG Base Directory Specification), and hpcmlff's own.
    """
    named = [Path(one) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
    # The specification has relative paths ignored.
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    base = base if base.is_absolute() else Path("~/.config").expanduser()
    shipped = Path(str(files("hpcmlff") / "cluster_profiles"))
    return [FOLDER, *named, base / "hpcmlff" / "profiles", shipped]


def load_profile(name: str) -> Profile:
    """Find and check a cluster profile.

    Parameters
    ----------
    name
        A profile's name, looked up in `folders`; or the path of a YAML file, told by
        its suffix or by a separator.

    Raises
    ------
    ProfileError
        There is none, or it is wrong.
    """
    return read_profile(find_profile(name))


def find_profile(name: str) -> Path:
    """Return the file of a profile.

    Parameters
    ----------
    name
        As for `load_profile`.

    Raises
    ------
    ProfileError
        No folder has a profile of this name.
    """
    if name.endswith((_SUFFIX, ".yml")) or os.sep in name:
        return Path(name)
    known = dict(reversed([(path.stem, path) for path in files_of_profiles()]))
    if name not in known:
        raise ProfileError(f"unknown profile {name!r}", hint=nearest(name, known))
    return known[name]


def available() -> list[Found]:
    """Read every profile there is, in the order of `folders`; wrong ones are kept."""
    first: dict[str, Path] = {}
    result = []
    for path in files_of_profiles():
        taken = first.setdefault(path.stem, path)
        result.append(_found(path, None if taken is path else taken))
    return result


def read_profile(path: Path) -> Profile:
    """Read and check a profile's file.

    Raises
    ------
    ProfileError
        It is wrong: file, line and key are named.
    """
    document = yamlio.read(path, ProfileError)
    scheduler = document.data.get("scheduler") if isinstance(document.data, dict) else None
    if scheduler is None:
        return document.parse(Profile)
    if not isinstance(scheduler, str) or scheduler not in PROFILE_KINDS:
        hint = nearest(str(scheduler), PROFILE_KINDS)
        where = document.where(("scheduler",))
        raise ProfileError(f"unknown scheduler {scheduler!r}", where=where, hint=hint)
    return document.parse(PROFILE_KINDS[scheduler]).read_from(path)


def _found(path: Path, shadowed_by: Path | None) -> Found:
    profile, error = None, None
    try:
        profile = read_profile(path)
    except ProfileError as wrong:
        error = wrong
    return Found(name=path.stem, path=path, profile=profile, error=error, shadowed_by=shadowed_by)


def files_of_profiles() -> Iterator[Path]:
    """Return the files of all profiles, each once, in the order of `folders`."""
    seen = set()
    for folder in folders():
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            if path.is_file() and (real := path.resolve()) not in seen:
                seen.add(real)
                yield path
