"""Nothing is tried for ever."""

from __future__ import annotations

from itertools import pairwise

import pytest
from diagnosis.scene import Scene
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.fruitless import Idle, fruitless
from hpcmlff.reconcile import Standing
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.on_failure import DEFAULTS
from hpcmlff.spec.states import CellState

OOM = {"cause": "out of memory", "kind": "MemoryError"}


def lost(scene: Scene, mem_gb: float = 4.0, **record: object) -> int:
    """Write down a job whose node was lost before a checkpoint."""
    number = scene.submitted(mem_gb, **record)
    scene.began(number, run=0)
    scene.over(number, "NODE_FAIL")
    return number


def test_attempts_in_a_row_without_a_checkpoint_are_counted(scene: Scene) -> None:
    assert scene.wasted() == 0
    for expected in (1, 2, 3):
        lost(scene)
        assert scene.wasted() == expected


def test_a_checkpoint_ends_the_count(scene: Scene) -> None:
    lost(scene)
    number = scene.submitted()
    scene.saved(scene.began(number))
    scene.over(number, "NODE_FAIL")
    assert scene.wasted() == 0
    lost(scene)
    assert scene.wasted() == 1


def test_cancelled_attempts_are_not_counted(scene: Scene) -> None:
    lost(scene)
    number = scene.submitted()
    scene.began(number)
    scene.store.ledger.cancel(scene.store.ledger.read(number))
    scene.over(number, "CANCELLED by 0")
    assert scene.wasted() == 1


def test_what_stops_by_its_rule_was_asked_for_again(scene: Scene) -> None:
    lost(scene)
    scene.ended(scene.began(scene.submitted()), "failed", cause="diverged", kind="Diverged")
    assert scene.wasted() == 0
    lost(scene)
    assert scene.wasted() == 1


def test_a_retry_ends_the_count_and_its_whole_chain_is_counted(scene: Scene) -> None:
    for _ in range(3):
        lost(scene)
    first = lost(scene, retry=True)
    assert scene.wasted() == 1
    lost(scene, retry=True, after=first)
    assert scene.wasted() == 2
    lost(scene)
    assert scene.wasted() == 3


def test_attempts_that_had_less_memory_are_not_counted(scene: Scene) -> None:
    for mem_gb in (1.0, 1.5, 2.5):
        scene.ended(scene.began(scene.submitted(mem_gb)), "failed", **OOM)
    assert scene.wasted(mem_gb=4.0) == 0
    assert scene.wasted(mem_gb=2.5) == 1
    lost(scene, mem_gb=4.0)
    assert scene.wasted(mem_gb=4.0) == 1


def give_up(scene: Scene) -> dict[str, str]:
    attempts = scene.store.cell(scene.cell).attempts()
    records = scene.store.ledger.numbers()
    idle = Idle(cell=scene.cell, record=records[-1], attempts=len(attempts))
    return fruitless(Casebook(store=scene.store), [idle])


def test_login_nodes_give_up_what_nodes_would_refuse(scene: Scene) -> None:
    for _ in range(2):
        lost(scene)
    assert give_up(scene) == {}
    lost(scene)
    assert give_up(scene) == {
        scene.cell.id: "3 attempts in a row ended without a checkpoint. "
        "See log.txt of the attempts before; `retry` tries again"
    }
    lost(scene, retry=True)
    assert give_up(scene) == {}


def test_a_retry_whose_jobs_never_began_is_not_given_up_for_what_was_before(scene: Scene) -> None:
    for _ in range(3):
        number = lost(scene)
    assert list(give_up(scene)) == [scene.cell.id]
    scene.over(scene.submitted(retry=True), "FAILED 1:0")
    idle = Idle(cell=scene.cell, record=number, attempts=3)
    assert fruitless(Casebook(store=scene.store), [idle]) == {}


ENDS = [cause for cause in Cause if cause is not Cause.FINISHED]


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    causes=st.lists(st.sampled_from(ENDS), min_size=14, max_size=14),
    rules=st.fixed_dictionaries(
        {cause.key: st.sampled_from(["resume", "more_memory", "stop"]) for cause in ENDS}
    ),
)
def test_no_sequence_of_causes_and_no_rules_make_a_runaway(
    scene: Scene, causes: list[Cause], rules: dict[str, str]
) -> None:
    """At most the cap of attempts that came to nothing, and as many as memory was raised."""
    more = {key: rule for key, rule in rules.items() if rule == "more_memory"}
    said = rules | dict.fromkeys(more.keys() - {"out_of_memory"}, "resume")
    submissions, given_gb = follow(scene, causes, said)
    raised = sum(after > before for before, after in pairwise(given_gb))
    assert submissions <= 3 + raised + 1
    assert all(before <= after <= 24.0 for before, after in pairwise(given_gb))
    if raised:
        assert said["out_of_memory"] == "more_memory"


def follow(scene: Scene, causes: list[Cause], said: dict[str, str]) -> tuple[int, list[float]]:
    """Submit a cell as `resume` does, again and again, until that is over.

    Cancelled attempts are left out: somebody is there.
    """
    from shutil import rmtree

    from hpcmlff.memory import least_memory
    from hpcmlff.reconcile import survey

    rmtree(scene.store.layout.ledger)
    scene.store.layout.ledger.mkdir()
    rmtree(scene.store.layout.cells, ignore_errors=True)
    given_gb: list[float] = []
    for cause in causes:
        [standing] = survey(scene.store, [scene.cell])
        if standing.state not in {CellState.PENDING, CellState.STOPPED}:
            break
        least = least_memory(scene.store, [standing]).get(scene.cell.id, 0.0)
        given_gb.append(max(4.0, least))
        raised = (scene.cell.id,) if least > 4.0 else ()
        number = scene.submitted(given_gb[-1], profile={"on_failure": said}, raised=raised)
        scene.ended(scene.began(number), "failed", cause=cause.value, kind="X", message="x")
        scene.over(number, "FAILED 1:0")
    return len(given_gb), given_gb


@pytest.mark.parametrize("cause", ENDS)
def test_every_default_rule_comes_to_an_end(scene: Scene, cause: Cause) -> None:
    submissions, given_gb = follow(scene, [cause] * 14, {})
    rule = DEFAULTS[cause]
    if rule is Rule.STOP:
        assert submissions == 1
    elif rule is Rule.RESUME:
        assert submissions == 3
    else:
        assert given_gb == [4.0, 6.0, 9.0, 14.0, 21.0, 24.0]


def test_a_standing_says_why(scene: Scene) -> None:
    from hpcmlff.reconcile import survey

    follow(scene, [Cause.OUT_OF_MEMORY], {})
    [standing] = survey(scene.store, [scene.cell])
    assert isinstance(standing, Standing)
    assert standing.reason == "x; goes on with 6 GiB"
    assert standing.diagnosis is not None
    assert standing.diagnosis.cause is Cause.OUT_OF_MEMORY
