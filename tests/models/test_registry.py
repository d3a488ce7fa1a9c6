from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hpcmlff.errors import BrokenEnvironment, GridError
from hpcmlff.models import registry
from hpcmlff.models.mean import MEAN, MeanTrainer
from hpcmlff.models.protocol import TrainerEntry


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed distribution with two plug-ins, and nothing remembered."""
    facts = tmp_path / "forcefields-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: forcefields\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[hpcmlff.trainers]\naverage = hpcmlff.models.mean:MEAN\nbroken = json:dumps\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry.entry.cache_clear()
    yield tmp_path
    registry.entry.cache_clear()


def needing(*modules: str, extra: str = "") -> TrainerEntry:
    return TrainerEntry(
        name="demo",
        version=1,
        settings=MEAN.settings,
        engine=MEAN.engine,
        requires=modules,
        extra=extra,
        estimate=MEAN.estimate,
    )


@pytest.mark.usefixtures("plugins")
def test_finds_the_trainers_of_installed_distributions() -> None:
    assert {"average", "broken"} <= set(registry.names())
    assert registry.entry("average") is MEAN
    assert isinstance(registry.load("average"), MeanTrainer)


@pytest.mark.usefixtures("plugins")
def test_suggests_the_nearest_trainer() -> None:
    with pytest.raises(GridError) as error:
        registry.entry("averag")
    assert str(error.value) == "unknown model 'averag'. Did you mean 'average'?"


@pytest.mark.usefixtures("plugins")
def test_an_entry_point_must_name_an_entry() -> None:
    with pytest.raises(GridError, match="^unknown model 'broken'"):
        registry.entry("broken")


def test_names_the_extra_that_installs_missing_packages() -> None:
    with pytest.raises(GridError) as error:
        registry.check_installed(needing("json", "nosuchtorch", extra="schnet"), ("model",))
    assert str(error.value) == (
        "the model 'demo' needs nosuchtorch, not installed here."
        " Install it: python -m pip install 'hpcmlff[schnet]'"
    )
    assert error.value.key == ("model",)


def test_names_the_packages_of_a_plug_in_without_an_extra() -> None:
    with pytest.raises(GridError) as error:
        registry.check_installed(needing("nosuchone", "nosuchtwo"))
    assert str(error.value) == (
        "the model 'demo' needs nosuchone and nosuchtwo, not installed here."
        " Install it: python -m pip install 'nosuchone nosuchtwo'"
    )


def test_accepts_a_trainer_whose_packages_are_there() -> None:
    registry.check_installed(needing("json"))


def test_a_trainer_that_cannot_be_imported_says_why(plugins: Path) -> None:
    (plugins / "forcefields_.py").write_text(
        "from dataclasses import replace\nfrom hpcmlff.models.mean import MEAN\n"
        "LAZY = replace(MEAN, name='lazy', engine='forcefields_engine:Trainer')\n"
    )
    (plugins / "forcefields_engine.py").write_text("import no_such_library\n")
    (plugins / "forcefields-1.0.dist-info" / "entry_points.txt").write_text(
        "[hpcmlff.trainers]\nlazy = forcefields_:LAZY\neager = forcefields_engine:X\n"
    )
    with pytest.raises(BrokenEnvironment) as broken:
        registry.load("lazy")
    assert str(broken.value) == (
        "the model 'lazy' cannot be imported here: ModuleNotFoundError: No module named "
        "'no_such_library'. Install what is missing in the environment that this machine uses, "
        "or put it right"
    )
    with pytest.raises(GridError, match="^the model 'eager' cannot be imported here: Module"):
        registry.entry("eager")
