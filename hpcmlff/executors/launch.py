"""Started by the local executor in a session of its own: submits one job and prints it.

Reads a `Work` as JSON on stdin, prints ``{"job_id": ..., "process": ...}``.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TextIO

import submitit

from hpcmlff.executors.processes import identify


def main() -> None:
    """Submit through submitit and print what finds the job again."""
    work = json.load(sys.stdin)
    module, _, name = work["function"].partition(":")
    answer = _detach()
    executor = submitit.LocalExecutor(folder=Path(work["folder"]) / "%j")
    executor.update_parameters(
        name=work["name"],
        timeout_min=work["placement"]["walltime_s"] / 60,
        signal_delay_s=work["grace_s"],
        gpus_per_node=work["placement"]["gpus"],
        stderr_to_stdout=True,
    )
    job = executor.submit(getattr(import_module(module), name), *work["arguments"])
    process = identify(int(job.job_id))
    answer.write(json.dumps({"job_id": job.job_id, "process": process}) + "\n")
    answer.close()


def _detach() -> TextIO:
    """Keep our output from the job, which would hold the caller's pipes open.

    Duplicates are not inherited, so what we print ourselves still arrives.
    """
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return answer


if __name__ == "__main__":
    main()
