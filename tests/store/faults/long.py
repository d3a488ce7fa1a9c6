"""All fault campaigns at their full counts; the table comes last.

python tests/store/faults/long.py                          everything, some 15 minutes
python tests/store/faults/long.py --only kills --rounds 50 --seed 7     one, as it was before
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from store.faults.campaign import Campaign, Outcome, shown
from store.faults.table import CAMPAIGNS, HOSTILE, as_lines, carry_out

_ALL = (*CAMPAIGNS, HOSTILE)
_SHOWN = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for and print the table; return 1 if anything broke."""
    given = _parser().parse_args(argv)
    chosen = [one for one in _ALL if one.name in (given.only or [one.name])]
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    done = []
    for campaign in chosen:
        rounds = given.rounds or campaign.long
        shown(f"{campaign.name}: {rounds} rounds, seed {seed}")
        outcome, took_s = carry_out(campaign, rounds, seed)
        done.append((campaign, outcome, seed))
        _show(outcome, took_s)
    sys.stdout.write("\n".join(as_lines(done)) + "\n")
    return 1 if any(_is_broken(*one[:2], given.rounds) for one in done) else 0


def _show(outcome: Outcome, took_s: float) -> None:
    shown(f"  {took_s:.0f} s; " + ", ".join(f"{k}: {n}" for k, n in outcome.facts.items()))
    for text in outcome.violations[:_SHOWN]:
        shown(f"  BROKEN {text}")


def _is_broken(campaign: Campaign, outcome: Outcome, rounds: int | None) -> bool:
    return bool(outcome.violations) or outcome.rounds < (rounds or campaign.long)


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    names = [one.name for one in _ALL]
    parser.add_argument("--only", action="append", choices=names, help="may be given again")
    parser.add_argument("--rounds", type=int, help="instead of each campaign's full count")
    parser.add_argument("--seed", type=int, help="a new one each time if left out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
