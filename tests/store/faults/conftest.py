from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_KEY = pytest.StashKey[list[Any]]()


@pytest.fixture
def record_fault(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Return a function that keeps a campaign's line for the table at the end."""
    return request.config.stash.setdefault(_KEY, []).append


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    done = config.stash.get(_KEY, [])
    if done:
        from store.faults.table import as_lines

        terminalreporter.section("faults: a few rounds of each; tests/run.sh --long has all")
        for line in as_lines(done):
            terminalreporter.write_line(line)
