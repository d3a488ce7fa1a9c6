"""Where compiled code is kept: one folder for each kind of machine.

Many jobs may start at once on nodes that share a home folder. The first one compiles
while the others wait; whoever cannot write or lock there compiles for itself.
numba itself keeps the code of different processors apart, and replaces files at once.
"""

from __future__ import annotations

import hashlib
import os
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

_LONGEST_WAIT_S = 120
"""Several times what compiling takes."""


@cache
def compiled() -> ModuleType:
    """Return the module of compiled functions, compiled or loaded as needed."""
    folder = compiled_code_folder()
    numba.config.CACHE_DIR = str(folder)
    with one_compiles(folder):
        return import_module("hpcmlff.models.sgdml.compiled")


def compiled_code_folder() -> Path:
    """Return the folder for this kind of machine, below ``$XDG_CACHE_HOME`` or ``~/.cache``.

    A temporary folder where that cannot be written.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = root / "hpcmlff" / "compiled" / _machine_kind()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError):
        return Path(tempfile.mkdtemp(prefix="hpcmlff-compiled-"))
    return folder


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
