"""Hostile names and links in a store: the list is tests of its own, counted here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from store.faults.campaign import Orders, Outcome

_TESTS = Path(__file__).resolve().parents[1] / "test_safety.py"


def run(orders: Orders) -> Outcome:
    """Run the list once, however many rounds are asked for."""
    report = orders.folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", str(_TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not report.exists():
        return Outcome(rounds=0, violations=[done.stdout + done.stderr])
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it
    bad = [case for case in cases if case.find("failure") is not None]
    bad += [case for case in cases if case.find("error") is not None]
    return Outcome(rounds=len(cases), violations=[str(case.get("name")) for case in bad])
