from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff.console import say
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.store import Store

Worker = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def settled(grid_file: Callable[..., Path]) -> Callable[..., tuple[Store, FrozenGrid]]:
    """Return a function that puts a grid into its store, without submitting."""

    def put(**changes: str) -> tuple[Store, FrozenGrid]:
        return settle(draft(grid_file(**changes), say), say)

    return put


@pytest.fixture
def worker() -> Worker:
    """Return a function that runs one cell in a process of its own, as a job does."""

    def run(
        store: Store, cell_id: str, *options: str, limit_bytes: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = ["-m", "hpcmlff.worker", "--store", str(store.path), "--cell", cell_id]
        command += ["--revision", "1", *options]
        code = (
            "import json, os, resource, sys\n"
            f"limit = {limit_bytes!r}\n"
            "if limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
            f"os.execv(sys.executable, [sys.executable, *json.loads({json.dumps(command)!r})])\n"
        )
        start = [sys.executable, "-c", code]
        return subprocess.run(start, capture_output=True, text=True, check=False)

    return run
