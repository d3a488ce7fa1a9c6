"""Suites for authors of plug-ins: inherit, name what is tested, run with pytest."""
