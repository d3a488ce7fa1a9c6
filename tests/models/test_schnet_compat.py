from __future__ import annotations

import subprocess
import sys

from hpcmlff.testing.exchange import child_environment

_CODE = """
import logging, signal
numbers = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
before = [signal.getsignal(number) for number in numbers]
import hpcmlff.models.schnet.engine
assert [signal.getsignal(number) for number in numbers] == before
print(logging.getLogger().handlers, logging.getLogger().level == logging.WARNING)
"""


def test_importing_the_engine_leaves_signals_logging_and_warnings_alone() -> None:
    command = [sys.executable, "-W", "error", "-c", _CODE]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=120, env=child_environment()
    )
    assert done.stdout == "[] True\n"
    assert done.stderr == ""
