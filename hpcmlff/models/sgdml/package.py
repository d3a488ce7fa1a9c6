"""The one place that imports the sgdml package, and keeps its side effects out.

On import sgdml makes its own coloured logger the class of all loggers to come, so
that whatever is imported next (torch, for one) writes to the terminal.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any


@cache
def stock(module: str) -> Any:
    """Import a module of the sgdml package.

    Parameters
    ----------
    module
        Its name within the package, such as ``utils.perm``.

    Returns
    -------
    module
        The module itself.
    """
    logger_class = logging.getLoggerClass()
    try:
        import_module("sgdml")
    finally:
        logging.setLoggerClass(logger_class)
    return import_module(f"sgdml.{module}")


def version() -> str:
    """Return the version of the sgdml package."""
    return str(import_module("sgdml").__version__)
