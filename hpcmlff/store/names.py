"""Names in a store: what a model, a molecule and a cell's folder may be called."""

from __future__ import annotations

import re

from hpcmlff.errors import StoreError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]*")
"""Of models, molecules and blocks; none of them leads out of a folder."""

LABEL = (NAME, NAME, re.compile(r"n\d+"), re.compile(r"s\d+-[0-9a-f]{12}"))
"""The parts of a cell's label: model, molecule, ``n<size>``, ``s<seed>-<id>``."""

_LABEL = re.compile("/".join(part.pattern for part in LABEL))

ATTEMPT = re.compile(r"a(\d{6,})")
GENERATION = re.compile(r"g(\d{9,})\.h5")


def checked_name(name: str, of: str) -> str:
    """Return a name that cannot leave its folder.

    Raises
    ------
    StoreError
        It might.
    """
    if not NAME.fullmatch(name):
        raise StoreError(f"{name!r} is not a name for a {of}", hint="Use letters and digits")
    return name


def checked_label(label: str) -> str:
    """Return a cell's label, whose parts are safe as names of folders.

    Raises
    ------
    StoreError
        It is no such label.
    """
    if not _LABEL.fullmatch(label):
        raise StoreError(f"{label!r} is not the label of a cell")
    return label


def printable(text: object) -> str:
    """Return a text on one line, whatever somebody put into a file's name."""
    plain = str(text)
    return plain if plain.isprintable() else ascii(plain)
