"""The garbage collector, off while a process begins.

What is imported is never garbage, but looked at again and again: importing torch takes a
quarter longer with the collector (Python 3.11), and so does all before a short training.
"""

from __future__ import annotations

import gc


def rest() -> None:
    """Switch the collector off, until `resume`."""
    gc.disable()


def resume() -> None:
    """Switch it on if it was off; what exists by now is never looked at again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
