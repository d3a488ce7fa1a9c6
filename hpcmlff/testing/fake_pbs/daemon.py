"""The process behind the fake: one loop that answers, starts, watches and ends jobs.

``python -m hpcmlff.testing.fake_pbs.daemon FOLDER ADDRESS``; it ends when its standard input
does, that is at the latest with the process that started it.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hpcmlff.testing.fake_pbs import control, life, sessions
from hpcmlff.testing.fake_pbs.answering import answer
from hpcmlff.testing.fake_pbs.call import Answer
from hpcmlff.testing.fake_pbs.client import Reply
from hpcmlff.testing.fake_pbs.options import FakePbsOptions
from hpcmlff.testing.fake_pbs.scheduler import schedule
from hpcmlff.testing.fake_pbs.server import Server

_SEND_TIMEOUT_S = 10.0


@dataclass(kw_only=True)
class Waiting:
    """A command whose answer is not ready."""

    connection: socket.socket
    """Where it waits."""
    answer: Answer
    """What it will get."""


class Daemon:
    """Answers at two addresses: that of the commands, which can be closed, and control's."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self._address = address
        self._selector = selectors.DefaultSelector()
        self._received: dict[socket.socket, bytes] = {}
        self._waiting: list[Waiting] = []
        self._public: socket.socket | None = None
        self._control = self._listen(f"{address}-control")
        self._ends = False
        self._wake()
        self._open_or_close()

    def _listen(self, address: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(f"\0{address}")
        listener.listen(128)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def _wake(self) -> None:
        """Let ends of processes and the end of standard input wake the loop."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, _do_nothing)
        self._selector.register(reader, selectors.EVENT_READ)
        self._selector.register(0, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until standard input ends."""
        while not self._ends:
            self._open_or_close()
            for key, _ in self._selector.select(self.server.next_s()):
                self._handle(key.fileobj)
            self._advance()

    def _open_or_close(self) -> None:
        if self.server.is_down and self._public is not None:
            self._selector.unregister(self._public)
            self._public.close()
            self._public = None
        elif not self.server.is_down and self._public is None:
            self._public = self._listen(self._address)

    def _handle(self, source: object) -> None:
        if isinstance(source, socket.socket):
            if source in {self._public, self._control}:
                self._accept(source)
            else:
                self._receive(source)
        elif source == 0:
            self._ends = not os.read(0, 1)
        elif isinstance(source, int):
            os.read(source, 4096)

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(_SEND_TIMEOUT_S)
        self._received[connection] = b"C" if listener is self._control else b"P"
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> None:
        part = _part(connection)
        if part:
            self._received[connection] += part
            return
        self._selector.unregister(connection)
        message = self._received.pop(connection)
        if len(message) == 1 or part is None:
            connection.close()
            return
        found = answer(self.server, message[1:], is_control=message.startswith(b"C"))
        if isinstance(found, Answer):
            self._waiting.append(Waiting(connection=connection, answer=found))
        else:
            _reply(connection, found)

    def _advance(self) -> None:
        """Let time pass: timers, ends of processes, starts, answers that are ready now."""
        server = self.server
        server.act()
        if not server.is_down:
            for end in server.mom.ends():
                life.ended(server, end)
            if server.stirred:
                server.stirred = False
                schedule(server)
                server.save_soon()
        self._waiting = [one for one in self._waiting if not self._finish(one)]

    def _finish(self, waiting: Waiting) -> bool:
        answer = waiting.answer
        code = answer.code if answer.ready is None else answer.ready()
        if code is None:
            return False
        reply = (code, answer.printed, answer.words, self.server.answer_s, False)
        _reply(waiting.connection, reply)
        return True


def _part(connection: socket.socket) -> bytes | None:
    """Return what has arrived, nothing at the end, None from a client that died."""
    try:
        return connection.recv(1 << 20)
    except OSError:
        return None


def _reply(connection: socket.socket, reply: Reply) -> None:
    # Who asked may be gone.
    with contextlib.suppress(OSError), connection:
        connection.sendall(marshal.dumps(reply))


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Let a signal do nothing but wake the loop."""


def main(folder: Path, address: str) -> None:
    """Serve until standard input ends, then end all jobs."""
    plain = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    server = Server(folder, FakePbsOptions.from_plain(plain))
    control.recover(server)
    daemon = Daemon(server, address)
    print("ready", flush=True)  # noqa: T201
    try:
        daemon.run()
    finally:
        sessions.kill_marked({f"PBS_JOBCOOKIE={one}".encode() for one in server.state.cookies})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
