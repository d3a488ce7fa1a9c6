"""Chromium's DevTools protocol over two pipes: JSON texts that end with a zero byte.

Neither a server nor a driver is needed for that:
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

PATIENCE_S = 120.0
"""A browser that says nothing for so long has failed."""

_HIGH = 20  # above the numbers that the browser expects its pipes to have


class BrowserError(Exception):
    """The browser ended, or refused what it was asked."""


class Pipe:
    """A browser that was started, and what it says."""

    def __init__(self, program: str, folder: Path) -> None:
        to_browser, self._to = _pipe()
        self._from, from_browser = _pipe()
        redirected = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        shell = ["/bin/bash", "-c", redirected, "bash"]
        with (folder / "chromium.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*shell, program, *FLAGS, f"--user-data-dir={folder}/data"],
                pass_fds=(to_browser, from_browser),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(folder)},
            )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []
        """All events, in the order in which they came."""

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask for something and return the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                found: dict[str, Any] = answer["result"]
                return found

    def next(self) -> dict[str, Any]:
        """Return the next message, and keep it if it is an event."""
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(self._from, 1 << 16) if ready else b""
            if not part:
                raise BrowserError(f"the browser says no more (exit {self.process.poll()})")
            self._buffer += part
        text, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def close(self) -> None:
        """End the browser."""
        try:
            self.call("Browser.close")
            self.process.wait(timeout=20)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
        finally:
            self.process.wait()
            os.close(self._to)
            os.close(self._from)


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe, to read and to write, with high numbers."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _HIGH) for one in low)
    for one in low:
        os.close(one)
    return high[0], high[1]
