"""Trainers by name, found through the entry-point group ``hpcmlff.trainers``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from importlib.util import find_spec
from typing import Any

from hpcmlff.errors import BrokenEnvironment, GridError, Key, nearest
from hpcmlff.models.protocol import Trainer, TrainerEntry

GROUP = "hpcmlff.trainers"
"""The entry-point group."""

_OWN = "hpcmlff"
_MEND = "Install what is missing in the environment that this machine uses, or put it right"


def names() -> list[str]:
    """Return the names of all trainers that are installed."""
    return sorted(point.name for point in entry_points(group=GROUP))


@cache
def entry(name: str) -> TrainerEntry:
    """Return a trainer's entry; nothing heavy is imported.

    Raises
    ------
    GridError
        No such trainer is installed, or it cannot be imported.
    """
    for point in _points(name):
        try:
            found = point.load()
        except Exception as error:
            raise GridError(_not_imported(name, error), hint=_MEND) from error
        if isinstance(found, TrainerEntry):
            return found
    raise GridError(f"unknown model {name!r}", hint=nearest(name, names()))


def check_installed(found: TrainerEntry, key: Key = ()) -> None:
    """Refuse a trainer whose packages are missing.

    Raises
    ------
    GridError
        Names the package and the extra that installs it.
    """
    missing = [module for module in found.requires if find_spec(module) is None]
    if missing:
        install = f"hpcmlff[{found.extra}]" if found.extra else " ".join(missing)
        raise GridError(
            f"the model {found.name!r} needs {' and '.join(missing)}, not installed here",
            key=key,
            hint=f"Install it: python -m pip install {install!r}",
        )


def load(name: str) -> Trainer[Any]:
    """Import a trainer's engine and return an instance; for compute nodes.

    Raises
    ------
    GridError
        No such trainer is installed.
    BrokenEnvironment
        Its engine, or something that needs, cannot be imported here.
    """
    module, _, attribute = entry(name).engine.partition(":")
    try:
        trainer: Trainer[Any] = getattr(import_module(module), attribute)()
    except MemoryError:
        raise
    except Exception as error:
        raise BrokenEnvironment(_not_imported(name, error), hint=_MEND) from error
    return trainer


def _not_imported(name: str, error: Exception) -> str:
    return f"the model {name!r} cannot be imported here: {type(error).__name__}: {error}"


def _points(name: str) -> Iterator[EntryPoint]:
    # A job that trains one of our own models need not look into every package installed.
    with suppress(PackageNotFoundError):
        yield from distribution(_OWN).entry_points.select(group=GROUP, name=name)
    yield from entry_points(group=GROUP, name=name)
