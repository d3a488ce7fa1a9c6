"""A refusal in PBS's words, with what the profile says that PBS does not like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hpcmlff import yamlio
from hpcmlff.errors import JobRefused, Key, ProfileError
from hpcmlff.spec.fitting import partition_of

if TYPE_CHECKING:
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import PbsProfile

_PARTITION: Key = ("partitions",)
_KEYS: tuple[tuple[str, Key], ...] = (
    (r"unknown queue|queue is not enabled|destination", (*_PARTITION, "name")),
    (r"array job exceeds", ("array_cap",)),
    (r"project", ("project",)),
    (r"account", ("account",)),
    (r"unknown resource: ?\S*gpu|unknown resource.*ngpus", (*_PARTITION, "gpus")),
    (r"unknown resource|illegal|cannot be used with|error \(15002\)", ("options",)),
    (r"resource limits|exceed", _PARTITION),
)
"""Words of qsub, and the key of a profile that they speak of."""


def explained(refusal: JobRefused, profile: PbsProfile, place: Placement) -> JobRefused:
    """Return a refusal that names the profile's file, line and key.

    Parameters
    ----------
    refusal
        PBS's words.
    profile, place
        What was asked for.
    """
    index = profile.partitions.index(partition_of(profile, place))
    key = key_of(refusal.what, index)
    if refusal.limit or not key:
        return refusal
    return JobRefused(refusal.what, hint=f"See {_where(profile, key)}")


def key_of(words: str, partition: int) -> Key:
    """Return the key of a profile that qsub's words speak of; empty if none is known.

    Parameters
    ----------
    words
        PBS's words.
    partition
        Number of the profile's partition that was asked for.
    """
    for pattern, key in _KEYS:
        if re.search(pattern, words, re.I):
            return (key[0], partition, *key[1:]) if key[0] == "partitions" else key
    return ()


def _where(profile: PbsProfile, key: Key) -> str:
    if profile.source is not None:
        try:
            return yamlio.read(profile.source, ProfileError).where(key)
        except ProfileError:
            pass  # it was removed meanwhile
    return f"{'.'.join(map(str, key))} of the profile {profile.name!r}"
