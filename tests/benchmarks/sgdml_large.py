"""One large sGDML model in little memory: time, memory, disk and errors.

Frames come from two npz files as rMD17 has them (``nuclear_charges``, ``coords``, ``energies``,
``forces``; kcal/mol and A): all of one are trained on, the other is the test set. The length
scale is chosen among candidates with a quarter of the training frames, judged by the last 200 of
them; nothing is chosen by the test set. With --kills the training is killed (SIGKILL) at these
parts of its work and goes on; run it again without, in another folder, to compare the digests.

python tests/benchmarks/sgdml_large.py --train train.npz --test test.npz --folder /scratch/large
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from outcome import Figure, say, tell

from hpcmlff.metrics import score
from hpcmlff.models.protocol import Allocation, Arrays, Samples, Task
from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.spec.threads import thread_environment
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder
from hpcmlff.testing.exchange import read, save

N_VALIDATION = 200
_COMMIT_S = 30.0
_GIB = 2**30
_UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def main(argv: Sequence[str] | None = None) -> int:
    """Train, kill as asked, and tell."""
    given = _parser().parse_args(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.child:
        train(given)
        return 0
    spent, peaks = 0.0, []
    for share in [*given.kills, None]:
        seconds, peak_gb = _run(given, share)
        spent, peaks = spent + seconds, [*peaks, peak_gb]
        say(f"ran {seconds:.0f} s, {peak_gb:.2f} GiB" + (", killed" if share else ""))
    told = json.loads((given.folder / "result.json").read_text())
    figures = [Figure(name="wall_s", value=spent), Figure(name="peak_mem_gb", value=max(peaks))]
    figures += [Figure(name=name, value=value) for name, value in told["figures"].items()]
    say(f"sha256 of the model: {told['sha256']}")
    return tell("sgdml_large", figures)


def _run(given: argparse.Namespace, share: float | None) -> tuple[float, float]:
    command = [sys.executable, __file__, *sys.argv[1:], "--child"]
    environment = {key: value for key, value in os.environ.items() if key not in _UNSET}
    environment |= thread_environment(given.threads)
    before = time.monotonic()
    child = subprocess.Popen(command, env=environment)
    while child.returncode is None and (share is None or _progress(given.folder) < share):
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
        time.sleep(0.2)
    if child.returncode is None:
        child.send_signal(signal.SIGKILL)
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = -signal.SIGKILL
    elif child.returncode:
        raise SystemExit(f"the training failed with {child.returncode}")
    return time.monotonic() - before, usage.ru_maxrss * 1024 / _GIB


def _progress(folder: Path) -> float:
    path = folder / "progress.json"
    return float(json.loads(path.read_text())) if path.exists() else 0.0


def train(given: argparse.Namespace) -> None:
    """Go on from the newest state to the end."""
    task, test = _task(given), _samples(given.test)
    trainer, state_file = SgdmlTrainer(), given.folder / "state.h5"
    known = state_file.exists()
    state = trainer.from_arrays(task, read(state_file)) if known else trainer.start(task)
    committed = time.monotonic()
    while not trainer.progress(state).finished:
        state = trainer.advance(task, state, lambda: True)
        progress = trainer.progress(state)
        if time.monotonic() - committed > _COMMIT_S or progress.finished:
            _keep(state_file, trainer.to_arrays(state))
            committed = time.monotonic()
        _write(given.folder / "progress.json", progress.step / progress.steps)
        say(f"{time.strftime('%H:%M:%S')} {progress.step} of {progress.steps}, {progress.loss}")
    model = trainer.model(task, state)
    energies, forces = trainer.predict(task, model, test.positions)
    figures = score(energies, forces, test.energies, test.forces)
    figures |= {"sigma": float(model["sigma"][0]), "residual": float(model["residual"][0])}
    figures["disk_gb"] = sum(_size(path) for path in given.folder.rglob("*.block")) / _GIB
    figures |= {name: float(value) for name, value in trainer.rates(state).items()}
    digest = hashlib.sha256(b"".join(model[name].tobytes() for name in sorted(model)))
    found = {"figures": figures, "sha256": digest.hexdigest(), "tried": _tried(model)}
    _write(given.folder / "result.json", found)


def _tried(model: Arrays) -> dict[str, float]:
    errors = model["candidate_errors_kcal_mol_ang"].tolist()
    return dict(zip(map(str, model["candidates"].tolist()), errors, strict=True))


def _task(given: argparse.Namespace) -> Task:
    with np.load(given.train) as data:
        species = data["nuclear_charges"].astype(np.int64)
    train = _samples(given.train)
    return Task(
        species=species,
        train=train,
        validation=_samples(given.train, slice(-N_VALIDATION, None)),
        settings=SgdmlSettings(sigma=given.sigma or "auto"),
        seed=1,
        allocation=Allocation(threads=given.threads, mem_gb=given.mem_gb),
        blocks=CellBlocks(CellFolder(given.folder)),
    )


def _samples(path: Path, which: slice = slice(None)) -> Samples:
    with np.load(path) as data:
        arrays = [data[name][which].astype(float) for name in ("coords", "energies", "forces")]
    return Samples(positions=arrays[0], energies=arrays[1], forces=arrays[2])


def _keep(path: Path, arrays: Arrays) -> None:
    temporary = path.with_name(f".{path.name}")
    save(temporary, arrays)
    temporary.replace(path)


def _write(path: Path, value: Any) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(json.dumps(value, indent=1))
    temporary.replace(path)


def _size(path: Path) -> int:
    return path.stat().st_blocks * 512


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--train", type=Path, required=True, help="npz of the training frames")
    parser.add_argument("--test", type=Path, required=True, help="npz of the test frames")
    parser.add_argument("--folder", type=Path, required=True, help="where state and tiles are kept")
    parser.add_argument("--sigma", type=int, help="do not search for it")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="(%(default)s)")
    parser.add_argument("--mem-gb", type=float, default=6.5, help="memory to use (%(default)s)")
    parser.add_argument("--kills", type=float, nargs="*", default=[], help="parts of the work")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
