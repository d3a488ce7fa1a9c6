"""Sealed files: 512 bytes that say what follows and prove it, then the content.

::

    bytes 0-7      magic b"HPCMLFF1"
    bytes 8-479    JSON, padded with spaces
    bytes 480-511  SHA-256 of bytes 0-479
    bytes 512-     the content; its length and SHA-256 are in the JSON

HDF5 takes the 512 bytes for a user block, so h5py opens a sealed HDF5 image as it is.
The magic's last digit is the version of this header and of blocks; an image has its own.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from hpcmlff.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"HPCMLFF1"
"""Its last digit is raised when the header changes."""

HEADER_BYTES = 512
_JSON_END = HEADER_BYTES - hashlib.sha256().digest_size
_CHUNK = 1 << 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """What a sealed file says of itself."""

    facts: dict[str, Any]
    """What the writer stated, such as kind, attempt and sequence."""
    length: int
    """Bytes of the content."""
    sha256: str
    """Digest of the content."""


def seal(content: bytes | memoryview, facts: dict[str, Any]) -> bytes:
    """Return the 512 bytes to put before a content.

    Parameters
    ----------
    content
        What follows; C-contiguous bytes.
    facts
        Short plain values to state in the header.

    Raises
    ------
    StoreError
        The facts do not fit.
    """
    digest = hashlib.sha256(content).hexdigest()
    text = json.dumps({**facts, "length": memoryview(content).nbytes, "sha256": digest})
    head = MAGIC + text.encode()
    if len(head) > _JSON_END:
        raise StoreError(f"the header of a sealed file is limited to {_JSON_END} bytes: {text}")
    head = head.ljust(_JSON_END)
    return head + hashlib.sha256(head).digest()


def read_seal(path: Path) -> Seal:
    """Read and check a header, not the content.

    Raises
    ------
    StoreError
        The header is damaged or of another kind.
    OSError
        The file cannot be read.
    """
    with open_plain(path) as file:
        return _parse(file.read(HEADER_BYTES), path)


def verify(path: Path) -> Seal:
    """Check header and content.

    Raises
    ------
    StoreError
        Something is damaged, missing or too much.
    OSError
        The file cannot be read.
    """
    with open_plain(path) as file:
        found = _parse(file.read(HEADER_BYTES), path)
        digest, length = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    _compare(found, digest.hexdigest(), length, path)
    return found


def read_verified(path: Path) -> tuple[Seal, bytes]:
    """Return header and content of a file that verifies, read once.

    Raises
    ------
    StoreError
        Something is damaged, missing or too much.
    OSError
        The file cannot be read.
    """
    with open_plain(path) as file:
        found = _parse(file.read(HEADER_BYTES), path)
        content = file.read()
    _compare(found, hashlib.sha256(content).hexdigest(), len(content), path)
    return found, content


def open_plain(path: Path) -> BinaryIO:
    """Open a file that must be itself: no link to another one, no pipe, no device.

    Raises
    ------
    StoreError
        It is none.
    OSError
        It cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreError("is a link, which is not followed", where=str(path)) from None
        raise
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise StoreError("is not a regular file", where=str(path))
    return file


def _parse(head: bytes, path: Path) -> Seal:
    stated = head[_JSON_END:]
    if len(head) != HEADER_BYTES or hashlib.sha256(head[:_JSON_END]).digest() != stated:
        raise StoreError("the header is damaged", where=str(path))
    if not head.startswith(MAGIC):
        raise StoreError("is not a sealed file of this format", where=str(path))
    try:
        facts = dict(json.loads(head[len(MAGIC) : _JSON_END]))
        length, sha256 = int(facts.pop("length")), str(facts.pop("sha256"))
    except (ValueError, TypeError, KeyError):
        raise StoreError("the header does not say what follows", where=str(path)) from None
    return Seal(length=length, sha256=sha256, facts=facts)


def _compare(found: Seal, sha256: str, length: int, path: Path) -> None:
    if (length, sha256) != (found.length, found.sha256):
        raise StoreError("the content is damaged", where=str(path))
