from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from models.sgdml_systems import PERMS, ammonia

from hpcmlff.models.sgdml.kernel import Kernel, make_kernel
from hpcmlff.models.sgdml.package import stock
from hpcmlff.models.sgdml.symmetries import describe, pair_permutations

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_COMPILE = (
    "from hpcmlff.models.sgdml.cache import compiled\n"
    "import json, sys\n"
    "fill = compiled().fill_forces\n"
    "json.dump({'loaded': sum(fill.stats.cache_hits.values())}, sys.stdout)\n"
)


def stock_matrix(
    positions: NDArray[np.float64], perms: NDArray[np.int64], sigma: int, *, energies: bool
) -> NDArray[np.float64]:
    frames, train = describe(positions), stock("train")
    n_frames, width = len(positions), frames.tool.dim_i
    out = np.zeros((n_frames * (width + energies),) * 2)
    train.glob = {"K": out, "K_shape": out.shape, "desc_func": frames.tool}
    for name, array in (("R_desc", frames.values), ("R_d_desc", frames.jacobians)):
        train.glob |= {name: array, f"{name}_shape": array.shape}
    for column in range(n_frames * (1 + energies)):
        train._assemble_kernel_mat_wkr(column, pair_permutations(perms), sigma, energies)
    del train.glob
    return -out


def in_stock_order(kernel: Kernel) -> NDArray[np.int64]:
    """Return our number of each of stock's unknowns."""
    numbers = np.arange(kernel.n)
    return np.concatenate((kernel.by_frame(numbers).ravel(), numbers[kernel.n_frames * 12 :]))


@pytest.mark.parametrize("energies", [False, True])
@pytest.mark.parametrize("perms", [PERMS, PERMS[:1]])
def test_it_equals_stock_sgdml_element_by_element(perms: NDArray[np.int64], energies: bool) -> None:
    positions = ammonia(7, 1).positions
    kernel = make_kernel(positions, perms, 10, energies=energies, threads=2)
    expected = stock_matrix(positions, perms, 10, energies=energies)
    ours = np.zeros((kernel.n, kernel.n))
    forces, rest = slice(0, 84), slice(84, kernel.n)
    for rows, columns in ((forces, forces), (rest, forces), (rest, rest)):
        if rows.start < kernel.n:
            part = np.empty((rows.stop - rows.start, columns.stop - columns.start))
            kernel.fill(part, rows, columns)
            ours[rows, columns] = part
    order = in_stock_order(kernel)
    found = ours[np.ix_(order, order)]
    lower = np.tril_indices(kernel.n)
    accuracy = 1e-14 * np.abs(expected).max()
    np.testing.assert_allclose(found[lower], expected[lower], rtol=0, atol=accuracy)


def test_a_part_is_the_same_bits_as_in_the_whole_with_any_number_of_threads() -> None:
    positions = ammonia(9, 1).positions
    one, three = (
        make_kernel(positions, PERMS, 10, energies=True, threads=threads) for threads in (1, 3)
    )
    whole = np.empty((108, 108))
    one.fill(whole, slice(0, 108), slice(0, 108))
    part = np.empty((48, 24))
    three.fill(part, slice(36, 84), slice(12, 36))
    np.testing.assert_array_equal(part, whole[36:84, 12:36])


def test_values_are_put_in_the_order_of_the_unknowns_and_back() -> None:
    samples = ammonia(5, 1)
    kernel = make_kernel(samples.positions, PERMS, 10, energies=True, threads=1)
    unknowns = kernel.unknowns(samples.forces, samples.energies)
    np.testing.assert_array_equal(unknowns[:4], samples.forces[0, :, 0])
    np.testing.assert_array_equal(kernel.by_frame(unknowns), samples.forces.reshape(5, 12))
    np.testing.assert_array_equal(unknowns[60:], samples.energies)


def start_compiling(home: Path, **changes: str) -> subprocess.Popen[str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(home), "OMP_NUM_THREADS": "1"} | changes
    command = [sys.executable, "-c", _COMPILE]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_of_several_jobs_that_start_at_once_one_compiles_and_the_others_load(
    tmp_path: Path,
) -> None:
    jobs = [start_compiling(tmp_path) for _ in range(3)]
    answers = [json.loads(job.communicate()[0]) for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0]
    assert sorted(answer["loaded"] for answer in answers) == [0, 1, 1]
    [folder] = (tmp_path / "hpcmlff/compiled").iterdir()
    assert len(list(folder.rglob("*.nbi"))) == 3


def compiled_with(home: Path, temporary: Path) -> dict[str, int]:
    temporary.mkdir(exist_ok=True)
    job = start_compiling(home, TMPDIR=str(temporary))
    answer: dict[str, int] = json.loads(job.communicate()[0])
    assert job.returncode == 0
    assert list(temporary.iterdir()) == []
    return answer


def test_where_it_cannot_be_kept_compiled_code_is_made_for_one_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert compiled_with(tmp_path / "file", tmp_path / "tmp") == {"loaded": 0}


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_damaged_compiled_code_is_made_again_and_kept_the_next_time(
    tmp_path: Path, suffix: str
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    compiled_with(home, temporary)
    for path in home.rglob(f"*.{suffix}"):
        path.write_bytes(path.read_bytes()[:7])
    assert compiled_with(home, temporary) == {"loaded": 0}
    compiled_with(home, temporary)
    assert compiled_with(home, temporary) == {"loaded": 1}
