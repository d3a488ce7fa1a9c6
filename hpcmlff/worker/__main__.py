"""Run one cell: ``python -m hpcmlff.worker --store STORE --cell ID``."""

from __future__ import annotations

import argparse
import os
import sys

from hpcmlff.spec.threads import thread_environment
from hpcmlff.worker import collector
from hpcmlff.worker.stop import StopRequest


def main(argv: list[str]) -> int:
    """Arm the handlers, set the threads, then import and run.

    Parameters
    ----------
    argv
        Arguments without the program's name.
    """
    given = _parser().parse_args(argv)
    stop = StopRequest(given.deadline_s, given.parent)
    stop.arm()
    collector.rest()
    os.environ |= thread_environment(given.threads)

    from hpcmlff.errors import HpcmlffError, StoreError
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.worker.cell import Order, run_order
    from hpcmlff.worker.pace import Pace

    allocation = Allocation(threads=given.threads, mem_gb=given.mem_gb, device=given.device)
    order = Order(
        store=given.store,
        revision=given.revision,
        record=given.record,
        cell_id=given.cell,
        allocation=allocation,
        attempts_cap=given.attempts_cap,
        run=given.run,
    )
    try:
        return run_order(order, Pace(stop=stop, report_s=given.report_s, commit_s=given.commit_s))
    except HpcmlffError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:
        # Before the attempt had a folder to write into.
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return StoreError.exit_code
    finally:
        stop.hold_back()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hpcmlff.worker", description=__doc__)
    parser.add_argument("--store", required=True, help="folder of the store")
    parser.add_argument("--cell", required=True, help="the cell's id, or the beginning of it")
    parser.add_argument("--revision", type=int, required=True, help="revision of the frozen grid")
    parser.add_argument("--record", type=int, default=0, help="number in the ledger")
    parser.add_argument("--threads", type=int, default=1, help="cores to use")
    parser.add_argument("--mem-gb", type=float, default=4.0, help="memory to use, GiB")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--deadline-s", type=float, help="stop after this many seconds")
    parser.add_argument("--parent", type=int, help="stop when this process is gone")
    parser.add_argument("--commit-s", type=float, default=300.0, help="time between checkpoints")
    parser.add_argument("--report-s", type=float, default=2.0, help="time between reports")
    parser.add_argument("--attempts-cap", type=int, default=5, help="attempts without progress")
    parser.add_argument("--run", type=int, help="runs of the job before this one")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
