"""The table of faults: what is done, what must hold, how often."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from store.faults import (
    all_bad,
    claims,
    damage,
    failing_disk,
    full_disk,
    hostile,
    interval,
    kills,
    merging,
    readers,
    suspended,
)
from store.faults.campaign import Campaign, Orders, Outcome

CAMPAIGNS = (
    Campaign(
        name="kills",
        fault="SIGKILL at a random instant, 1 and 3 writers",
        promise="no acknowledged checkpoint lost, none torn, disk use bounded",
        run=kills.run,
        short=40,
        long=1000,
    ),
    Campaign(
        name="damage",
        fault="bits flipped, metadata, truncation, zeroed blocks",
        promise="never served; the one before is",
        run=damage.run,
        short=150,
        long=1200,
    ),
    Campaign(
        name="full-disk",
        fault="disk full at 20 levels, commits and worker",
        promise="OSError, last acknowledged readable, the job says so",
        run=full_disk.run,
        short=8,
        long=2 * full_disk.LEVELS,
    ),
    Campaign(
        name="failing-disk",
        fault="EIO at any step of the work on files",
        promise="OSError, last acknowledged readable, the job says so",
        run=failing_disk.run,
        short=16,
        long=200,
    ),
    Campaign(
        name="suspended",
        fault="old attempt suspended, newer one commits, old one wakes",
        promise="no wrong resume, no wrong link",
        run=suspended.run,
        short=25,
        long=300,
    ),
    Campaign(
        name="claims",
        fault="concurrent claims, 16 processes",
        promise="all unique",
        run=claims.run,
        short=80,
        long=800,
    ),
    Campaign(
        name="readers",
        fault="reading through store.h5 during replacement",
        promise="no error, never backwards",
        run=readers.run,
        short=300,
        long=10000,
    ),
    Campaign(
        name="all-bad",
        fault="all generations bad",
        promise="refused, files named, never from zero",
        run=all_bad.run,
        short=25,
        long=200,
    ),
    Campaign(
        name="merging",
        fault="merge of diverged stores, both orders, killed on the way",
        promise="same result, nothing lost",
        run=merging.run,
        short=6,
        long=200,
    ),
    Campaign(
        name="interval",
        fault="SIGKILL between two checkpoints",
        promise="at most the interval and one safe point lost",
        run=interval.run,
        short=4,
        long=50,
    ),
)
"""All campaigns, in the order in which they run."""

HOSTILE = Campaign(
    name="hostile",
    fault="hostile names and links in a store",
    promise="refused",
    run=hostile.run,
    short=1,
    long=1,
)
"""Tests of their own, which a long run counts as well."""


def carry_out(campaign: Campaign, rounds: int, seed: int) -> tuple[Outcome, float]:
    """Run a campaign in a folder of its own; return what came of it and its seconds."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"hpcmlff-{campaign.name}-") as folder:
        outcome = campaign.run(Orders(rounds=rounds, seed=seed, folder=Path(folder)))
    return outcome, time.monotonic() - began


def as_lines(done: list[tuple[Campaign, Outcome, int]]) -> list[str]:
    """Return the table as text: one line a campaign, with the counts reached and the seeds."""
    head = f"{'fault':58} {'rounds':>7} {'of':>7} {'broken':>7} {'seed':>11}  what must hold"
    return [head, *(_line(*one) for one in done)]


def _line(campaign: Campaign, outcome: Outcome, seed: int) -> str:
    counts = f"{outcome.rounds:7} {campaign.long:7} {len(outcome.violations):7} {seed:11}"
    return f"{campaign.fault:58} {counts}  {campaign.promise}"
