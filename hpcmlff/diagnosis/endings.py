"""How the elements of a job ended, by its scheduler's words and by what it printed at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hpcmlff.diagnosis.telling import telling_line
from hpcmlff.executors.job_output import ends
from hpcmlff.store.ledger import Ending


def endings(folder: Path, causes: Mapping[int, tuple[str, ...]]) -> dict[int, Ending]:
    """Return what is to be remembered of a job that is over.

    Outputs are read here, once, so that nobody has to look into thousands of them later.

    Parameters
    ----------
    folder
        The submission's folder, with its outputs.
    causes
        Element to how its runs ended, in the scheduler's words.
    """
    fine = {element for element, runs in causes.items() if runs[-1] == "COMPLETED"}
    told = (
        (element, telling_line(text))
        for element, text in ends(folder, wanted=lambda one: one not in fine)
    )
    lines = {element: line for element, line in told if line}
    return {
        element: Ending(
            words=causes.get(element, ("",))[-1],
            earlier=causes.get(element, ())[:-1],
            line=lines.get(element, ""),
        )
        for element in {**causes, **lines}
    }
