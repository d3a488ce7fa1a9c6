"""Whether models are compared on the same test frames, which none of them has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

_UNEQUAL = Kind(
    severity="error",
    code="test-sets-differ",
    advice="Do not compare these errors; submit the grid again so that all cells are of one split",
)
_OTHER = Kind(
    severity="error",
    code="split-differs",
    advice="The result is not of this grid's split: train the cell anew in a store of its own",
)
_FRAMES = Kind(
    severity="error",
    code="frames-differ",
    advice="Put the frames back that the cell was trained on (store verify names the file)",
)
_LEAK = Kind(
    severity="error",
    code="test-frames-trained-on",
    advice="The errors are too small to be true: correct the fixed sets in the molecule's data",
)


def check(given: Examined) -> Iterator[Finding]:
    """Compare the frame numbers that finished cells hold, with each other and the grid."""
    done = given.done
    known = done[done["test_digest"].fillna("") != ""]
    for (molecule, seed), cells in known.groupby(["molecule", "seed"], sort=False):
        sets = cells.groupby("test_digest", sort=False)["series"].unique()
        if len(sets) > 1:
            who = " | ".join(", ".join(names) for names in sets)
            text = f"{len(sets)} different test sets for {molecule}, seed {seed}: {who}"
            yield _UNEQUAL.of(cells, text, n_test_sets=len(sets))
    other = known[known["split_digest"] != known["stated_split"]]
    if len(other):
        yield _OTHER.of(other, "training, validation or test frames are not those of the grid")
    changed = known[known["frames_digest"] != known["stated_frames"]]
    if len(changed):
        yield _FRAMES.of(changed, "the store's frames are not those the cells were made for")
    for one in records(known[known["n_leaked"] > 0]):
        text = f"{one['n_leaked']:.0f} test frames are training or validation frames too"
        yield _LEAK.of([one], text, n_leaked=one["n_leaked"])
