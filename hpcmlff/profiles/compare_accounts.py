"""Accounts and QOS of a profile beside what a user has; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpcmlff.errors import Key
from hpcmlff.profiles.differences import Difference, error, note

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import Association, PartitionFacts, SlurmFacts
    from hpcmlff.spec.profile import ClusterProfile


def compare_accounts(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    """Compare accounts, QOS and who is admitted to the partitions."""
    known = {one.name: one for one in facts.partitions}
    seen: set[tuple[Key, str]] = set()
    for index, partition in enumerate(profile.partitions):
        for found in _compare(profile, index, known.get(partition.name), facts):
            # What the profile says once for all its partitions is told once.
            if (found.key, found.cluster) not in seen:
                seen.add((found.key, found.cluster))
                yield found


def account_of(
    account: str | None, partition: str, associations: Sequence[Association]
) -> Association | None:
    """Return the association that a job of an account gets; the default one if None."""
    fitting = [
        one
        for one in associations
        if one.partition in {"", partition}
        and (one.account == account if account else one.is_default)
    ]
    return next((one for one in fitting if one.partition), fitting[0] if fitting else None)


def _compare(
    profile: ClusterProfile, index: int, place: PartitionFacts | None, facts: SlurmFacts
) -> Iterator[Difference]:
    partition = profile.partitions[index]
    account = _Wish.of(profile, index, "account")
    qos = _Wish.of(profile, index, "qos")
    if facts.associations is not None:
        found = account_of(account.value, partition.name, facts.associations)
        yield from _unknown(account, found, facts)
        if found:
            yield from _unknown_qos(qos, found, facts)
            account = replace(account, default=found.account)
            qos = replace(qos, default=found.default_qos)
    if place:
        yield from _admission(account, place.accounts, place.name)
        yield from _admission(qos, place.qos, place.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """What a job asks for, and what it gets if it asks for nothing."""

    key: Key
    value: str | None
    default: str = ""

    @classmethod
    def of(cls, profile: ClusterProfile, index: int, name: str) -> _Wish:
        own = getattr(profile.partitions[index], name)
        key: Key = ("partitions", index, name) if own else (name,)
        return cls(key=key, value=own or getattr(profile, name))

    def __str__(self) -> str:
        by_default = f" (your default is {self.default})" if self.default else ""
        return self.value or f"nothing{by_default}"


def _unknown(wish: _Wish, found: Association | None, facts: SlurmFacts) -> Iterator[Difference]:
    if found or facts.associations is None:
        return
    tell = error if "associations" in facts.enforced else note
    yours = ", ".join(sorted({one.account for one in facts.associations}))
    cluster = f"you have {yours}" if yours else "you have no account"
    change = "Write one of yours" if yours else "Ask the site for one"
    yield tell(wish.key, str(wish), cluster, change)


def _unknown_qos(wish: _Wish, found: Association, facts: SlurmFacts) -> Iterator[Difference]:
    if wish.value and wish.value not in found.qos:
        tell = error if "qos" in facts.enforced else note
        cluster = f"{found.account} may use {', '.join(found.qos) or 'none'}"
        yield tell(wish.key, str(wish), cluster, "Write one of these, or remove the key")


def _admission(wish: _Wish, admitted: tuple[str, ...] | None, place: str) -> Iterator[Difference]:
    if admitted is not None and (wish.value or wish.default) not in admitted:
        cluster = f"{place} admits {', '.join(admitted) or 'nobody'} only"
        yield error(wish.key, str(wish), cluster, "Write one of these under the partition")
