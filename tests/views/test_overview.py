from __future__ import annotations

from pathlib import Path
from typing import Any

from views.standings import assert_plain, at, cell, drawn, row

from hpcmlff.diagnosis.diagnosis import Diagnosis
from hpcmlff.reconcile import Standing
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.views.listing import listing
from hpcmlff.views.overview import Overview, heading

DIVERGED = Diagnosis(
    attempt=1, cause=Cause.DIVERGED, evidence=(), rule=Rule.STOP, mem_gb=None, advice=""
)


def page(standings: list[Standing], **terminal: Any) -> str:
    return drawn(Overview(standings, [one.cell for one in standings]), **terminal)


def test_counts_the_matrix_those_that_run_and_why_others_do_not() -> None:
    progress = {"step": 5, "steps": 10, "phase": "training", "time_left_s": 60.0}
    standings = [
        *row("mean", "glycine", n200="#o"),
        at(cell("schnet", "glycine", 200, 0), ">", progress=progress),
        at(cell("schnet", "glycine", 200, 1), "X", reason="too little memory"),
    ]
    assert page(standings).splitlines() == [
        "model   done  running  queued  failed  all",
        "mean       1                1            2",
        "schnet              1               1    2",
        "all        1        1       1       1    4",
        "",
        "training frames  200",
        "mean/glycine     #o",
        "schnet/glycine   >X",
        "",
        "seeds 0, 1",
        "# done  > running  o queued  X failed",
        "",
        "running                 done  loss  time left  checkpoint",
        "schnet/glycine/n200/s0  50 %             60 s        none",
        "",
        "1 cell failed: too little memory",
        "  schnet/glycine/n200/s1",
    ]


def test_nothing_is_shown_of_no_cells() -> None:
    assert page([]) == ""
    assert heading(Path("runs/a"), [], 4) == "runs/a: 0 of 4 cells"


def test_the_heading_counts_and_says_what_the_scheduler_did_not() -> None:
    standings = row("mean", "glycine", n200="##.")
    assert heading(Path("runs/a"), standings, 3) == "runs/a: 3 cells: 1 pending, 2 done"
    standings += [at(cell("mean", "glycine", 400, 0), "o", unasked=True)]
    assert heading(Path("runs/a"), standings, 9) == (
        "runs/a: 4 of 9 cells: 1 pending, 1 queued, 2 done\n"
        "the scheduler could not be asked about 1 cell"
    )


def test_cells_of_one_reason_stand_together_and_reasons_are_not_without_end() -> None:
    standings = [
        at(cell("mean", "glycine", 200, seed), "X", reason=f"bad {seed // 4}") for seed in range(28)
    ]
    text = page(standings)
    assert "4 cells failed: bad 0\n  mean/glycine/n200/s0, mean/glycine/n200/s1, mean" in text
    assert "mean/glycine/n200/s2\nand 1 more" in text or "/s2 and 1 more" in text
    assert "bad 4" in text
    assert "bad 5" not in text
    assert "8 cells more failed; --all tells why each" in text


def test_cells_of_one_cause_stand_together_whatever_they_say() -> None:
    standings = [
        at(cell("mean", "glycine", 200, seed), "X", reason=f"step {seed}", diagnosis=DIVERGED)
        for seed in range(2)
    ]
    assert page(standings).splitlines()[-2:] == [
        "2 cells failed (diverged), such as: step 0",
        "  mean/glycine/n200/s0, mean/glycine/n200/s1",
    ]


def test_a_page_stays_a_page_with_very_many_cells() -> None:
    words = "a reason that is longer than any terminal is wide, " * 3
    standings = [
        at(cell(model, "azobenzene-derivative", size, seed), mark, reason=words * (mark in "X="))
        for model in ("schnet", "sgdml")
        for size in range(200, 1200, 200)
        for seed in range(100)
        for mark in ["#>o.=X"[seed % 6]]
    ]
    text = page(standings)
    assert_plain(text)
    assert len(text.splitlines()) < 60
    assert "and 155 more; --all lists every cell" in text


def test_a_list_of_all_cells_fits_the_terminal() -> None:
    progress = {"step": 5, "steps": 10, "phase": "training", "time_left_s": 60.0, "loss": 0.5}
    standings = [
        at(cell("mean", "glycine", 200, 0), "#", attempts=1),
        at(cell("schnet", "glycine", 1000, 10), ">", attempts=2, progress=progress, saved_at=90.0),
        at(cell("mean", "glycine", 200, 1), "X", attempts=12, reason="a long reason " * 8),
    ]
    labels = [one.cell.label for one in standings]
    assert list(listing(standings, 80, 100.0)) == [
        f"{labels[0]}      done     1 attempt",
        f"{labels[1]}  running  2 attempts",
        "    50 %, loss 0.5, 60 s, checkpoint 10 s ago",
        f"{labels[2]}      failed   12 attempts",
        "    a long reason a long reason a long reason a long reason a long reason a",
        "    long reason a long reason a long reason",
    ]
    assert list(listing([], 80, 0.0)) == []


def test_cells_of_other_sites_are_told_with_their_sites() -> None:
    standings = [
        *row("mean", "glycine", n200="#"),
        at(cell("mean", "glycine", 200, 1), "/", site="vega", reason="leased to vega"),
        at(cell("mean", "glycine", 200, 2), "/", site="desk", reason="leased to desk"),
    ]
    assert heading(Path("store"), standings, 3) == (
        "store: 3 cells: 1 done, 2 elsewhere (desk, vega)"
    )
    assert page(standings).splitlines() == [
        "model  done  elsewhere  all",
        "mean      1          2    3",
        "",
        "training frames  200",
        "mean/glycine     #//",
        "",
        "seeds 0, 1, 2",
        "# done  / elsewhere",
    ]
    last = list(listing(standings, 80, 0.0))[-1]
    assert last.split() == [standings[2].cell.label, "elsewhere", "leased", "to", "desk"]
