"""Which store a command means; see `hpcmlff.store.finding`."""

from __future__ import annotations

from hpcmlff.store.finding import find_store

__all__ = ["find_store"]
