"""Writing a first profile for the cluster of this machine."""

from __future__ import annotations

from pathlib import Path

from hpcmlff.errors import ProfileError, SchedulerError
from hpcmlff.executors.presence import scheduler_here
from hpcmlff.executors.recognition import this_machine
from hpcmlff.files import create_once


def first_profile(output: Path | None) -> str:
    """Return the text of a profile made from what the scheduler says.

    Parameters
    ----------
    output
        Where it will be; gives the profile its name. The cluster does if None.

    Raises
    ------
    SchedulerError
        This machine has no scheduler, or it does not answer.
    """
    scheduler = scheduler_here()
    if scheduler is None:
        raise SchedulerError(
            "this machine has no scheduler", hint="Its profile is 'local'; nothing to detect"
        )
    if scheduler == "pbs":
        return _of_pbs(output)
    from hpcmlff.executors.slurm_reading import read_facts
    from hpcmlff.profiles.detect import name_of, render

    facts = read_facts()
    return render(facts, this_machine(), name_of(output.stem if output else facts.cluster))


def _of_pbs(output: Path | None) -> str:
    from hpcmlff.executors.pbs_reading import read_facts
    from hpcmlff.profiles.detect import name_of
    from hpcmlff.profiles.detect_pbs import render_pbs

    facts = read_facts()
    return render_pbs(facts, this_machine(), name_of(output.stem if output else facts.cluster))


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    ProfileError
        It is there, and is left as it is; or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = create_once(path, [text.encode()])
    except OSError as error:
        raise ProfileError(f"cannot write: {error.strerror}", where=str(path)) from None
    if not made:
        raise ProfileError(
            "exists already", where=str(path), hint="Give another name, or remove it"
        )
