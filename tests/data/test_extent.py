from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcmlff.data.dataset import FixedSets, write_dataset
from hpcmlff.data.extent import Extent, extent_of, extent_of_recipe, stored_extent
from hpcmlff.data.frames import Frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Generate
from hpcmlff.testing.molecules import SPECIES, samples

MADE = samples(6, seed=0)
FRAMES = Frames(
    species=SPECIES, positions=MADE.positions, energies=MADE.energies, forces=MADE.forces
)


@pytest.mark.parametrize(
    ("fixed", "n_validation"),
    [(FixedSets(), 200), (FixedSets(validation=np.arange(3)), 3)],
)
def test_a_dataset_on_disk_is_as_large_as_in_memory(
    tmp_path: Path, fixed: FixedSets, n_validation: int
) -> None:
    path = tmp_path / "springs.h5"
    write_dataset(path, FRAMES, fixed, {})
    expected = Extent(n_atoms=len(SPECIES), n_validation=n_validation)
    assert extent_of(FRAMES, fixed, 200) == expected
    assert stored_extent(path, 200) == expected


def test_frames_that_are_yet_to_be_made_have_their_atoms() -> None:
    recipe = Generate(molecule="azobenzene", frames=10)
    assert extent_of_recipe(recipe, 7) == Extent(n_atoms=24, n_validation=7)


def test_a_damaged_dataset_is_named(tmp_path: Path) -> None:
    (path := tmp_path / "springs.h5").write_bytes(b"no HDF5")
    with pytest.raises(DataError, match=r"springs\.h5: the dataset is damaged: "):
        stored_extent(path, 200)
