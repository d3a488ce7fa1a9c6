"""Where Python begins in a job: arms the handlers, then runs the module asked for.

``python -u -m hpcmlff.worker.boot -u -m submitit.core._submit FOLDER``: a scheduler may
signal at any moment, and a process without handlers dies of it.
"""

from __future__ import annotations

import sys

from hpcmlff.worker import collector
from hpcmlff.worker.stop import armed


def main(argv: list[str]) -> None:
    """Arm and go on.

    Parameters
    ----------
    argv
        Options of Python, ``-m``, a module and its arguments.
    """
    armed()
    collector.rest()
    import runpy

    position = argv.index("-m") + 1
    sys.argv = argv[position:]
    runpy.run_module(argv[position], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
