"""Where compiled code is kept: one folder for each kind of machine.

Many jobs may start at once on nodes that share a home folder. The first one compiles
while the others wait; whoever cannot write or lock there compiles for itself. numba itself
keeps the code of different processors apart, and replaces files at once. Compiled code is
no result: where it cannot be kept or read, it is made again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import llvmlite.binding
import numba
from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

LOG = logging.getLogger("hpcmlff")
"""Ends in the attempt's log."""

_LONGEST_WAIT_S = 120
"""Several times what compiling takes."""


@cache
def compiled() -> ModuleType:
    """Return the module of compiled functions, compiled or loaded as needed."""
    try:
        folder = compiled_code_folder()
        return _from(folder)
    except OSError as error:
        LOG.warning("compiled code cannot be kept: %s", error)
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
        LOG.warning("compiled code in %s is damaged: %s", folder, error)
        shutil.rmtree(folder, ignore_errors=True)
    # Once it is loaded the files are not needed.
    with tempfile.TemporaryDirectory(prefix="hpcmlff-compiled-") as name:
        return _from(Path(name))


def _from(folder: Path) -> ModuleType:
    numba.config.CACHE_DIR = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with one_compiles(folder):
        return import_module("hpcmlff.models.sgdml.compiled")


def compiled_code_folder() -> Path:
    """Return the folder for this kind of machine, below ``$XDG_CACHE_HOME`` or ``~/.cache``.

    Raises
    ------
    FileNotFoundError
        This user has no home folder.
    """
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(str(error)) from None
    return root / "hpcmlff" / "compiled" / _machine_kind()


@contextmanager
def one_compiles(folder: Path) -> Iterator[None]:
    """Let one process compile while others wait, unless compiled code is there already.

    Parameters
    ----------
    folder
        What `compiled_code_folder` returned.
    """
    lock = FileLock(folder / "lock", timeout=_LONGEST_WAIT_S)
    if not any(folder.rglob("*.nbi")):
        # Without the lock several compile the same, which costs time and harms nothing.
        with suppress(Timeout, OSError, NotImplementedError):
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _machine_kind() -> str:
    """Return a name that differs where compiled code must not be shared."""
    cpu = llvmlite.binding.get_host_cpu_name()
    features = llvmlite.binding.get_host_cpu_features().flatten()
    told = hashlib.sha256(f"{features}|{numba.__version__}".encode()).hexdigest()
    return f"{cpu}-{told[:12]}"
