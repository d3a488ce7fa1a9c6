"""Executors: how a job gets onto a machine, and what becomes of it."""
