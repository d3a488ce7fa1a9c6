"""Free TCP ports that two clusters of one host never share."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass

FIRST, LAST, BLOCK = 15000, 30000, 16
"""Below the ports that Linux gives to outgoing connections, from 32768 on; ip(7)."""


@dataclass(frozen=True)
class PortBlock:
    """Neighbouring ports; the first one is held, so that no other cluster takes the block."""

    first: int
    """The port that is held."""
    claim: socket.socket
    """What holds it."""

    def ports(self, count: int) -> list[int]:
        """Return ports to use."""
        return list(range(self.first + 1, self.first + 1 + count))

    def close(self) -> None:
        """Give the block up."""
        self.claim.close()


def claim_ports(count: int) -> PortBlock:
    """Claim a block of free ports of this host.

    Raises
    ------
    RuntimeError
        No block is free.
    """
    blocks = list(range(FIRST, LAST, (count // BLOCK + 1) * BLOCK))
    random.shuffle(blocks)
    for first in blocks:
        claim = _bind(first)
        if claim is None:
            continue
        if all(_is_free(port) for port in range(first + 1, first + 1 + count)):
            return PortBlock(first, claim)
        claim.close()
    raise RuntimeError(f"no {count} neighbouring ports from {FIRST} to {LAST} are free")


def _is_free(port: int) -> bool:
    claim = _bind(port)
    if claim is not None:
        claim.close()
    return claim is not None


def _bind(port: int) -> socket.socket | None:
    claim = socket.socket()
    try:
        claim.bind(("127.0.0.1", port))
        claim.listen(1)
    except OSError:
        claim.close()
        return None
    return claim
