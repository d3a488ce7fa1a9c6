"""A real browser for the tests in this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from browser.pipe import Pipe
from browser.tab import Tab


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipe]:
    """Skip without chromium, except in continuous integration, where that would hide it."""
    program = shutil.which("chromium")
    if program is None:
        message = "not on this machine: chromium; bash tests/browser/install.sh"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    pipe = Pipe(program, tmp_path_factory.mktemp("browser"))
    yield pipe
    pipe.close()


@pytest.fixture
def tab(browser: Pipe) -> Iterator[Tab]:
    """A tab of its own, as wide as a laptop's screen."""
    one = Tab(browser)
    one.resize(1280, 900)
    one.prefer("light")
    yield one
    one.close()
