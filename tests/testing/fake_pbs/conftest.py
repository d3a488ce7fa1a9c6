from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.testing.fake_pbs import HURRIED, FakePbs, FakePbsOptions

sys.path.append(str(Path(__file__).parent))
from fake_shell import Shell


@pytest.fixture
def shell_with(tmp_path: Path) -> Iterator[Callable[..., Shell]]:
    """Starts a hurried server with some options set; folders have spaces in their names."""
    with ExitStack() as stack:

        def start(**options: Any) -> Shell:
            pbs = FakePbs(tmp_path / "a fake pbs", FakePbsOptions(**{"delays": HURRIED, **options}))
            folder = tmp_path / "my jobs"
            folder.mkdir()
            return Shell(stack.enter_context(pbs), folder)

        yield start


@pytest.fixture
def shell(shell_with: Callable[..., Shell]) -> Shell:
    return shell_with()
