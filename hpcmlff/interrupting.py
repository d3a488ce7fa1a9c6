"""Commands that compute for long: asked to stop, they keep what they have done and end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_when_asked() -> Iterator[Callable[[], bool]]:
    """Take Ctrl-C and SIGTERM for a wish while the body runs.

    Yields
    ------
    Callable
        Tells whether somebody has asked.
    """
    asked: list[int] = []
    before = {one: signal.signal(one, lambda number, _: asked.append(number)) for one in _SIGNALS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
