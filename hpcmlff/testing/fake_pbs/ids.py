"""Job ids: ``12.pbslab``, ``12[].pbslab``, ``12[3].pbslab``; the server may be left off."""

from __future__ import annotations

import re

from hpcmlff.testing.fake_pbs.refusal import RefusalError

_ID = re.compile(r"(\d+)(\[\d*\])?(?:\.(.*))?")


def full_id(text: str, server: str) -> str | None:
    """Return an id with its server, or None if it is no id of this server."""
    match = _ID.fullmatch(text)
    if match is None or match[3] not in {None, server}:
        return None
    return f"{match[1]}{match[2] or ''}.{server}"


def checked_id(text: str, server: str) -> str:
    """Return an id with its server.

    Raises
    ------
    RefusalError
        It is no id of this server.
    """
    found = full_id(text, server)
    if found is None:
        raise RefusalError(1, f"illegally formed job identifier: {text}")
    return found


def split_id(job_id: str) -> tuple[str, int | None]:
    """Return the id of the job or array that holds a job, and its index there."""
    head, bracket, tail = job_id.partition("[")
    index, _, server = tail.partition("]")
    if not bracket or not index:
        return job_id, None
    return f"{head}[]{server}", int(index)
