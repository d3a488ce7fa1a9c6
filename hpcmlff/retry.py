"""``python -m hpcmlff.retry``: try failed cells again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.reconcile import Standing

_EXAMPLES = console.examples(
    "python -m hpcmlff.retry runs/study state=failed                all that failed",
    "python -m hpcmlff.retry runs/study 'schnet/glycine/*'          those of them that failed",
    "python -m hpcmlff.retry runs/study cause=disk_full             those that failed for that",
    "python -m hpcmlff.retry runs/study schnet/glycine/n200/s0 --yes",
    "python -m hpcmlff.status runs/study --failed                   first see why they failed",
)


@click.command(epilog=_EXAMPLES)
@click.argument(
    "words", nargs=-1, shell_complete=completing.cells, required=True, metavar="[STORE] PATTERN..."
)
@click.option("--profile", help="Cluster profile, or a file; else the cluster is recognised.")
@click.option("--wait", "waiting", is_flag=True, help="Show progress until no cell is running.")
@click.option("--yes", is_flag=True, help="Do not ask before submitting.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON on stdout.")
def command(words: Sequence[str], profile: str | None, **given: bool) -> int:
    """Submit those cells of STORE that have failed and that PATTERN means.

    They go on from their newest checkpoint, and get as many new tries as the profile allows.
    PATTERN is a cell's name or a part of it, with *, the first digits of its id, or a
    condition such as state=failed, cause=disk_full or size>=800. Cells that have not failed
    are left alone: `resume` goes on with those that have stopped. Given twice, cells are
    submitted once.
    """
    from hpcmlff.choosing import chosen
    from hpcmlff.finding import store_and_selection
    from hpcmlff.spec.states import CellState

    store, named = store_and_selection(words)
    if not named:
        raise click.UsageError("name the cells: a pattern, or state=failed for all that failed")
    frozen = store.current_grid()
    standings = chosen(store, frozen.cells, named)
    failed = [one.cell.id for one in standings if one.state is CellState.FAILED]
    _tell_others(standings)
    if not failed:
        return _nothing(store.path, standings, as_json=given["as_json"])
    from hpcmlff.executors.recognition import choose_profile
    from hpcmlff.submission import Request, carry_out

    here = choose_profile(profile, console.say)
    request = Request(profile=here, retry_failed=True, careful=True, **given)
    return carry_out(store, frozen.part(failed), request)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.retry", argv)


def _tell_others(standings: Sequence[Standing]) -> None:
    from hpcmlff.spec.states import CellState
    from hpcmlff.waiting import summary

    others = [one for one in standings if one.state is not CellState.FAILED]
    if others:
        console.say(f"left alone, since they have not failed: {summary(others)}")


def _nothing(store: Path, standings: Sequence[Standing], *, as_json: bool) -> int:
    from hpcmlff.reconcile import counts
    from hpcmlff.spec.states import CellState

    if as_json:
        console.emit_json({"store": str(store), "states": counts(standings), "submitted": []})
    console.say("nothing to try again")
    idle = {CellState.STOPPED, CellState.PENDING}
    goes_on = any(one.state in idle for one in standings)
    console.say(console.next_step("hpcmlff.resume" if goes_on else "hpcmlff.status", store))
    return 0


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())
