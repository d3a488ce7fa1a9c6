"""Which profile a machine belongs to."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hpcmlff.errors import ProfileError, SchedulerError
from hpcmlff.executors.lookup import Found, available, load_profile
from hpcmlff.executors.presence import TITLES, scheduler_here
from hpcmlff.spec.profile import Profile, Recognition


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a machine is recognised by."""

    hosts: tuple[str, ...]
    """Its host name, short and full."""
    environment: Mapping[str, str]
    """Environment variables."""


def this_machine() -> Machine:
    """Return what this machine is recognised by; no name server is asked."""
    host = socket.gethostname()
    names = tuple(dict.fromkeys((host.partition(".")[0], host)))
    return Machine(hosts=names, environment=dict(os.environ))


def recognised_by(recognise: Recognition, machine: Machine) -> str | None:
    """Say by what a machine is recognised, or return None if it is not."""
    for variable, pattern in recognise.environment.items():
        value = machine.environment.get(variable)
        if value is not None and fnmatchcase(value, pattern):
            return f"{variable}={value}"
    for pattern in recognise.hosts:
        for host in machine.hosts:
            if fnmatchcase(host.lower(), pattern.lower()):
                return f"the host {host}"
    return None


def choose_profile(name: str | None, say: Callable[[str], None]) -> Profile:
    """Return the profile that was asked for, or the one this machine belongs to.

    Parameters
    ----------
    name
        A name or a path, as for `hpcmlff.executors.lookup.load_profile`; None to
        recognise the machine.
    say
        Is told what was recognised, and by what.

    Raises
    ------
    ProfileError
        The profile is unknown or wrong, or a cluster has none.
    SchedulerError
        No profile is recognised, and a scheduler does not answer.
    """
    if name is not None:
        return load_profile(name)
    found = [one for one in available() if one.shadowed_by is None]
    for one in found:
        if one.error:
            say(f"left out: {one.error}")
    return _recognised(found, say) or _without_recognition(say)


def _recognised(found: Iterable[Found], say: Callable[[str], None]) -> Profile | None:
    machine = this_machine()
    matches = [
        (one.name, one.profile, reason)
        for one in found
        if one.profile and (reason := recognised_by(one.profile.recognise, machine))
    ]
    if not matches:
        return None
    name, profile, reason = matches[0]
    say(f"profile {name!r} (recognised by {reason})")
    if others := ", ".join(repr(other) for other, *_ in matches[1:]):
        say(f"also recognised: {others}; --profile NAME takes another")
    return profile


def _without_recognition(say: Callable[[str], None]) -> Profile:
    try:
        scheduler = scheduler_here()
    except SchedulerError as error:
        error.hint = error.hint or "No profile recognises this machine; give --profile NAME"
        raise
    if scheduler:
        raise ProfileError(
            f"no profile recognises this machine, and {TITLES[scheduler]} runs here",
            hint="Give --profile NAME, or let 'python -m hpcmlff.profiles detect' write one",
        )
    say("profile 'local' (no profile recognises this machine, and it has no scheduler)")
    return load_profile("local")
