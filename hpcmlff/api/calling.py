"""Modules of commands that can be called: ``hpcmlff.submit(grid)`` beside ``-m hpcmlff.submit``.

A package's function of the same name as one of its modules would be gone as soon as anybody
imports the module, so the module itself is made callable, as Python's data model provides
("Customizing module attribute access").
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature


class CommandModule(ModuleType):
    """A command's module; called, it is the function of its name in `hpcmlff.api.functions`."""

    @property
    def _function(self) -> Callable[..., Any]:
        from hpcmlff.api import functions

        function: Callable[..., Any] = getattr(functions, self.__name__.rpartition(".")[2])
        return function

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        return signature(self._function)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Do what the command does; see `hpcmlff.api.functions`."""
        return self._function(*arguments, **options)


def make_callable(module: str) -> None:
    """Make a command's module callable.

    Parameters
    ----------
    module
        Its ``__name__``; harmless where it is run by ``python -m``.
    """
    sys.modules[module].__class__ = CommandModule
