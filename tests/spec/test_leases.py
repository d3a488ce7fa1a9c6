from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpcmlff.errors import StoreError
from hpcmlff.spec.lease import Given, Lease, lease_from
from hpcmlff.spec.leases import Hold, Leases, give_away, resolve, take_back

FIRST = give_away(Leases(), {"c1": None, "c2": Given(step=7, sha256="77")}, here="home", to="vega")


def test_nothing_is_leased_until_somebody_does() -> None:
    assert not resolve([])
    assert resolve([FIRST])


def test_a_cell_is_where_it_was_given_and_all_others_are_at_home() -> None:
    found = resolve([FIRST])
    assert found.of("c1") == Hold(site="vega", by="home", generation=1)
    assert found.of("c2").given == Given(step=7, sha256="77")
    assert found.of("c3") == Hold(site="home")


def test_a_site_gives_only_what_it_has() -> None:
    found = resolve([FIRST])
    with pytest.raises(StoreError, match="the cell c1 is not at 'home' but at 'vega'"):
        give_away(found, {"c1": None}, here="home", to="desk")
    with pytest.raises(StoreError, match="the cell c3 is not at 'vega' but at 'home'"):
        give_away(found, {"c3": None}, here="vega", to="desk")


def test_what_is_given_on_counts_in_whatever_order_leases_are_found() -> None:
    second = give_away(resolve([FIRST]), {"c1": None}, here="vega", to="desk")
    third = give_away(resolve([FIRST, second]), {"c1": None}, here="desk", to="home")
    for order in permutations([FIRST, second, third, second]):
        found = resolve(order)
        assert found.of("c1") == Hold(site="home", by="desk", generation=3)
        assert found.of("c2").site == "vega"
        assert (found.home, found.givers) == ("home", {"home", "vega", "desk"})
        assert found.disputes == ()


def test_a_cell_taken_by_force_and_given_on_meanwhile_is_in_dispute_and_the_gift_counts() -> None:
    taken = take_back(resolve([FIRST]), {"c1": None}, here="home")
    assert resolve([FIRST, taken]).of("c1") == Hold(site="home", by="home", generation=2)
    given_on = give_away(resolve([FIRST]), {"c1": None}, here="vega", to="desk")
    for order in permutations([FIRST, taken, given_on]):
        found = resolve(order)
        assert found.of("c1").site == "desk"
        [dispute] = found.disputes
        assert (dispute.cell, dispute.site, dispute.others) == ("c1", "desk", ("home",))
    settled = give_away(resolve([FIRST, taken, given_on]), {"c1": None}, here="desk", to="home")
    assert resolve([FIRST, taken, given_on, settled]).disputes == ()


def test_two_sites_that_have_both_begun_to_lease_are_seen() -> None:
    other = give_away(Leases(), {"c9": None}, here="attic", to="vega")
    found = resolve([FIRST, other])
    assert (found.home, found.homes) == ("attic", {"home", "attic"})


def test_a_lease_is_the_same_after_it_was_written_and_read() -> None:
    again = lease_from(FIRST.as_json())
    assert again == FIRST
    assert again.digest == FIRST.digest
    assert len(FIRST.digest) == 64


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"format": 2}, "is no lease of a format that is known here"),
        ({"to": None}, "does not say from which site to which"),
        ({"cells": ["c1"]}, "does not say of which cells"),
        ({"cells": {"c1": {"generation": 0}}}, "does not say which generation of a cell it is"),
        (
            {"cells": {"c1": {"generation": 1, "sha256": "77"}}},
            "does not say which checkpoint a cell came with",
        ),
    ],
)
def test_what_is_no_lease_is_refused(change: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        lease_from({**FIRST.as_json(), **change})


SITES, CELLS = ("home", "vega", "desk"), ("c1", "c2")


@dataclass
class Site:
    """A store: its leases, and the newest checkpoint of each cell as step and digest."""

    name: str
    leases: list[Lease] = field(default_factory=list)
    newest: dict[str, tuple[int, str]] = field(default_factory=dict)

    def may_train(self, cell: str) -> bool:
        found = resolve(self.leases)
        hold = found.of(cell)
        came = hold.given is None or self.newest.get(cell, (0, "")) >= (
            hold.given.step,
            hold.given.sha256,
        )
        return bool(found) and hold.site == self.name and came

    def give(self, cell: str, to: str) -> None:
        if self.may_train(cell) and to != self.name:
            step, sha256 = self.newest.get(cell, (0, ""))
            newest = Given(step=step, sha256=sha256) if step else None
            known = resolve(self.leases)
            self.leases.append(give_away(known, {cell: newest}, here=self.name, to=to))

    def train(self, cell: str) -> None:
        if self.may_train(cell):
            step = self.newest.get(cell, (0, ""))[0] + 1
            self.newest[cell] = (step, f"{self.name} {step}")

    def merge(self, other: Site, *, killed: bool = False) -> None:
        self.leases += [one for one in other.leases if one not in self.leases]
        for cell, found in () if killed else other.newest.items():
            self.newest[cell] = max(found, self.newest.get(cell, (0, "")))


A_SITE, A_CELL = st.sampled_from(SITES), st.sampled_from(CELLS)
ACTIONS = st.one_of(
    st.tuples(st.just("give"), A_SITE, A_CELL, A_SITE),
    st.tuples(st.just("train"), A_SITE, A_CELL),
    st.tuples(st.sampled_from(["merge", "killed"]), A_SITE, A_SITE),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTIONS, max_size=30))
@example([("give", "vega", "c1", "desk"), ("give", "vega", "c1", "home")])
@example([("train", "vega", "c2"), ("give", "vega", "c2", "desk"), ("killed", "desk", "vega")])
def test_no_two_sites_may_train_a_cell_and_who_may_has_its_newest_checkpoint(
    actions: list[tuple[str, ...]],
) -> None:
    """Whatever is given, trained, merged, or merged only in part, in whatever order."""
    sites = {name: Site(name) for name in SITES}
    sites["home"].leases, sites["home"].newest = [FIRST], {"c2": (7, "77")}
    sites["vega"].merge(sites["home"])
    sites["desk"].merge(sites["home"], killed=True)
    for kind, name, *rest in actions:
        if kind == "give":
            sites[name].give(*rest)
        elif kind == "train":
            sites[name].train(*rest)
        else:
            sites[name].merge(sites[rest[0]], killed=kind == "killed")
        assert_one_trains(sites)
    for _ in SITES:
        for one in sites.values():
            for other in sites.values():
                one.merge(other)
    assert_one_trains(sites)
    assert [sum(one.may_train(cell) for one in sites.values()) for cell in CELLS] == [1, 1]


def assert_one_trains(sites: dict[str, Site]) -> None:
    for cell in CELLS:
        able = [one for one in sites.values() if one.may_train(cell)]
        assert len(able) <= 1
        furthest = max(one.newest.get(cell, (0, "")) for one in sites.values())
        assert all(one.newest.get(cell, (0, "")) == furthest for one in able)
    terms: dict[tuple[str, int], set[str]] = {}
    for lease in (lease for one in sites.values() for lease in one.leases):
        for cell, term in lease.cells.items():
            terms.setdefault((cell, term.generation), set()).add(lease.to)
    assert all(len(holders) == 1 for holders in terms.values())
