"""What does a checkpoint cost, and how many can be written in a second?

The product's commit, beside one HDF5 file behind a lock and a plain torch.save with a rename, in
turns, so that all see the same machine. Files go below the given folder: name one on the disk
that is meant.

python tests/benchmarks/checkpoints.py --folder /scratch      some minutes
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles

# One writer a process is what is compared; threads of the numerics would only disturb it.
os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from outcome import Figure, say, tell
from writers import DESIGNS, emptied, ours, per_second

SIZES_MB = {5: 21, 50: 11}
"""Sizes of a checkpoint, and how many are written to take the median of."""

WRITERS = (1, 8, 32)

INTERVAL_S = 300.0
"""Time between two checkpoints unless something else is asked for."""

SHARE_GOAL_PERCENT = 0.2


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        figures = [figure for size in SIZES_MB for figure in _cost(folder, size)]
        figures += _rates(folder, given.rounds, given.seconds, given.size_mb)
    return tell("checkpoints", figures)


def _cost(folder: Path, size_mb: int) -> Iterator[Figure]:
    with emptied(folder / f"cost-{size_mb}") as place:
        write, taken = ours(place, 0, size_mb), []
        for number in range(1, SIZES_MB[size_mb] + 1):
            before = time.perf_counter()
            write(number)
            taken.append(1e3 * (time.perf_counter() - before))
    quarters = quantiles(taken, n=4)
    say(f"{size_mb} MB: {median(taken):.1f} ms")
    yield Figure(name=f"commit_{size_mb}_mb_ms", value=median(taken))
    yield Figure(name=f"commit_{size_mb}_mb_lower_quartile_ms", value=quarters[0])
    yield Figure(name=f"commit_{size_mb}_mb_upper_quartile_ms", value=quarters[2])
    share = 100 * median(taken) / (1e3 * INTERVAL_S)
    name = f"share_of_5_minutes_{size_mb}_mb_percent"
    yield Figure(name=name, value=share, goal=SHARE_GOAL_PERCENT)


def _rates(folder: Path, rounds: int, seconds: float, size_mb: float) -> list[Figure]:
    import torch  # noqa: F401 - here, or every forked writer would import it again

    found: dict[tuple[str, int], list[float]] = {}
    for turn in range(rounds):
        for writers in WRITERS:
            # The order alternates, or a drift of the machine would favour one design.
            for design in list(DESIGNS) if turn % 2 == 0 else reversed(DESIGNS):
                with emptied(folder / "rates") as place:
                    rate = per_second(design, place, writers, size_mb, seconds)
                found.setdefault((design, writers), []).append(rate)
                say(f"round {turn + 1}, {writers} writers, {design}: {rate:.1f} in a second")
    return [
        Figure(name=f"{design}_{writers}_writers_per_s", value=median(rates))
        for (design, writers), rates in sorted(found.items(), key=lambda one: one[0][1])
    ]


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--folder", type=Path, help="where to write (the system's for such)")
    parser.add_argument("--rounds", type=int, default=3, help="of each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="each lasts (%(default)s)")
    parser.add_argument("--size-mb", type=float, default=5.0, help="of a checkpoint (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
