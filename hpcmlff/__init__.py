"""Machine-learned force-field experiments on HPC clusters.

From Python::

    import hpcmlff

    grid = hpcmlff.Grid.load("grid.yaml")
    submission = hpcmlff.submit(grid, profile="local", wait=True)
    table = submission.store.results()

What is named here is imported when it is first used; importing hpcmlff itself loads nothing
else. ``hpcmlff.submit`` and the other commands are modules that can be called: see
`hpcmlff.api.functions`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_LAZY = {
    "Grid": "hpcmlff.api.grid",
    "HpcmlffError": "hpcmlff.errors",
    "Store": "hpcmlff.api.store",
    "calculator": "hpcmlff.api.functions",
}
"""What users import from here, and where it is; commands of login nodes need none of it."""

_COMMANDS = ("cancel", "collect", "resume", "retry", "show", "status", "submit")
"""Modules of commands that can be called."""

__all__ = [
    "Grid",
    "HpcmlffError",
    "Store",
    "calculator",
    "cancel",
    "collect",
    "resume",
    "retry",
    "show",
    "status",
    "submit",
]

if TYPE_CHECKING:
    from hpcmlff.api.functions import (
        calculator,
        cancel,
        collect,
        resume,
        retry,
        show,
        status,
        submit,
    )
    from hpcmlff.api.grid import Grid
    from hpcmlff.api.store import Store
    from hpcmlff.errors import HpcmlffError


def __getattr__(name: str) -> Any:
    if name in _COMMANDS:
        return import_module(f"hpcmlff.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
