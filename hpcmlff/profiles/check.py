"""Comparing a profile with the cluster it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcmlff import yamlio
from hpcmlff.errors import Key, ProfileError, SchedulerError
from hpcmlff.executors.lookup import find_profile, read_profile
from hpcmlff.executors.presence import scheduler_here
from hpcmlff.executors.recognition import this_machine
from hpcmlff.profiles.differences import Difference, fits
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, PbsProfile, Profile

NOT_TRIED = (
    "no probe job: not tried whether a job is accepted, Python starts on the node, signals "
    "reach it, and it may requeue itself"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """How to check."""

    folder: Path
    """Where the probe job's private folder is made; shared with the nodes."""
    wait_s: float
    """Longest wait for the probe job's start."""
    with_job: bool
    """Whether to send one."""
    say: Callable[[str], None]
    """Is told what is being done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What was found."""

    profile: Profile
    """The profile."""
    path: Path
    """Its file."""
    cluster: str
    """What it was compared with."""
    differences: tuple[Difference, ...]
    """Where they differ."""

    @property
    def exit_code(self) -> int:
        """0 if nothing stands against using the profile, else 1."""
        return 0 if fits(self.differences) else 1

    def lines(self) -> list[str]:
        """Return it for people; each finding with file, line and key."""
        document = yamlio.read(self.path, ProfileError)
        title = f"profile {self.profile.name!r} on {self.cluster}"
        errors = sum(one.severity == "error" for one in self.differences)
        last = f"{errors} to change" if errors else "the profile fits"

        def where(key: Key) -> str:
            return document.where(key)

        return [title, *(one.line(where) for one in self.differences), last]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "profile": self.profile.name,
            "path": str(self.path),
            "cluster": self.cluster,
            "fits": fits(self.differences),
            "differences": [one.as_json() for one in self.differences],
        }


def check_profile(name: str, how: Check) -> Verdict:
    """Compare a profile with this machine's scheduler, and try it with a small job.

    Raises
    ------
    ProfileError
        The profile is unknown or wrong.
    SchedulerError
        The scheduler is not here or does not answer.
    """
    path = find_profile(name)
    profile = read_profile(path)
    if isinstance(profile, LocalProfile):
        from hpcmlff.profiles.compare_local import compare_local

        found, cluster = [*compare_local(profile)], "this machine"
    else:
        assert isinstance(profile, ClusterProfile)
        found, cluster = _cluster(profile, how)
    return Verdict(profile=profile, path=path, cluster=cluster, differences=tuple(found))


def _cluster(profile: ClusterProfile, how: Check) -> tuple[list[Difference], str]:
    if scheduler_here() != profile.scheduler:
        raise SchedulerError(
            f"the profile {profile.name!r} is for {profile.scheduler}, which this machine has not",
            hint="Check it on the cluster's login node",
        )
    compared = _pbs(profile) if isinstance(profile, PbsProfile) else _slurm(profile)
    return compared[0] + _tried(profile, how), compared[1]


def _slurm(profile: ClusterProfile) -> tuple[list[Difference], str]:
    from hpcmlff.executors.slurm_reading import read_facts
    from hpcmlff.profiles.compare import compare

    facts = read_facts()
    found = compare(profile, facts, this_machine())
    return found, f"the cluster {facts.cluster!r}, Slurm {facts.version}"


def _pbs(profile: PbsProfile) -> tuple[list[Difference], str]:
    from hpcmlff.executors.pbs_reading import read_facts
    from hpcmlff.profiles.compare_pbs import compare_pbs

    facts = read_facts()
    found = compare_pbs(profile, facts, this_machine())
    return found, f"the cluster {facts.cluster!r}, PBS {facts.version}"


def _tried(profile: ClusterProfile, how: Check) -> list[Difference]:
    from hpcmlff.profiles.outcome import findings, summary
    from hpcmlff.profiles.probe import Probe

    if not how.with_job:
        how.say(NOT_TRIED)
        return []
    outcome = Probe(profile=profile, wait_s=how.wait_s, say=how.say).run(how.folder)
    how.say(summary(outcome))
    return findings(profile, outcome)
