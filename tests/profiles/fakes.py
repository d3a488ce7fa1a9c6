"""Slurm's commands as small programs that print what a real cluster has printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "executors" / "recorded"

SCONTROL = """case "$2" in
  config) cat {folder}/config.txt ;;
  partition) cat {folder}/partition.txt ;;
  node) cat {folder}/node.txt ;;
esac"""

FakeSlurm = Callable[..., Path]


def program(place: Path, name: str, script: str) -> None:
    path = place / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
