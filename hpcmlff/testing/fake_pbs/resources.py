"""What ``-l`` asks for: parsed, checked and summed as qsub and the server do; pure."""

from __future__ import annotations

import re

from hpcmlff.testing.fake_pbs.refusal import BAD_VALUE, UNKNOWN_RESOURCE, RefusalError
from hpcmlff.testing.fake_pbs.request import Chunk, Resources

COUNTS = frozenset({"ncpus", "ngpus", "mpiprocs", "ompthreads", "nodect", "nice"})
SIZES = frozenset({"mem", "vmem", "pmem", "pvmem", "file"})
TIMES = frozenset({"walltime", "cput", "pcput", "min_walltime", "max_walltime"})
WORDS = frozenset({"select", "place", "nodes", "arch", "host", "vnode", "software"})
_JOB_WIDE = TIMES | {"select", "place", "software", "nice"}
_UNITS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE = re.compile(r"(\d+)(?:([kmgtp]?)[bw])?", re.IGNORECASE)
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+)(?:\.\d+)?")


def clock(seconds: float) -> str:
    """Return seconds as ``HH:MM:SS``."""
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def seconds_of(text: str) -> int | None:
    """Return the seconds of ``[[HH:]MM:]SS``, or None if it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def kilobytes_of(text: str) -> int | None:
    """Return the KiB of a size such as ``4gb``, or None if it is none."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    size: int = int(match[1]) * 1024 ** _UNITS[(match[2] or "").lower()]
    return -(-size // 1024)


def read_list(text: str) -> dict[str, str | None]:
    """Return what one ``-l`` names; None where no value is given."""
    found = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        found[name.strip()] = value.strip() if equals else None
    return found


def read_resources(asked: dict[str, str | None], default_walltime_s: int | None) -> Resources:
    """Return what a job asks for.

    Parameters
    ----------
    asked
        All that ``-l`` named.
    default_walltime_s
        The queue's default, seconds.

    Raises
    ------
    RefusalError
        A resource or a value is none.
    """
    _check_mixture(asked)
    checked = {name: _checked(name, value, "Resource_List.") for name, value in asked.items()}
    walltime_s = seconds_of(checked["walltime"]) if "walltime" in checked else default_walltime_s
    by_select = "select" in checked
    select = checked.get("select") or _old_select(checked)
    chunks = tuple(_chunk(part) for part in select.split("+"))
    place = checked.get("place", "free" if by_select or "nodes" in checked else "pack")
    listed = _listed(checked, chunks, {"place": place, "select": select})
    if walltime_s is not None:
        listed["walltime"] = clock(walltime_s)
    return Resources(
        chunks=chunks,
        place=place,
        walltime_s=walltime_s,
        listed=dict(sorted(listed.items())),
    )


def _check_mixture(asked: dict[str, str | None]) -> None:
    if not asked.keys() & {"select", "place"}:
        return
    for name in asked:
        if name not in _JOB_WIDE and name in COUNTS | SIZES | WORDS:
            raise RefusalError(
                5,
                f'"-lresource=" cannot be used with "select" or "place", resource is: {name}',
            )


def _checked(name: str, value: str | None, prefix: str) -> str:
    if name not in COUNTS | SIZES | TIMES | WORDS:
        where = f" {prefix}{name}" if prefix == "Resource_List." else f": {name}"
        raise RefusalError(UNKNOWN_RESOURCE, f"Unknown resource{where}")
    good = value is not None and (
        (name in COUNTS and value.isdecimal())
        or (name in SIZES and kilobytes_of(value) is not None)
        or (name in TIMES and seconds_of(value) is not None)
        or (name in WORDS and value)
    )
    if value is None or not good:
        raise RefusalError(BAD_VALUE, f"Illegal attribute or resource value {prefix}{name}")
    return value


def _old_select(asked: dict[str, str]) -> str:
    """Return the select of a request in the old form, ``-l ncpus=2`` or ``-l nodes=1:ppn=2``."""
    if "nodes" in asked:
        count, _, rest = asked["nodes"].partition(":")
        cores = rest.removeprefix("ppn=") or "1"
        return f"{count}:ncpus={cores}:mpiprocs={cores}"
    parts = [f"{name}={asked[name]}" for name in ("mem", "ngpus") if name in asked]
    return ":".join(["1", f"ncpus={asked.get('ncpus', 1)}", *parts])


def _chunk(text: str) -> Chunk:
    first, *rest = text.split(":")
    if not first.isdecimal():
        first, rest = "1", [first, *rest]
    given: dict[str, str] = {}
    for part in rest:
        name, equals, value = part.partition("=")
        given[name] = _checked(name, value if equals else None, "select.")
    given.setdefault("ncpus", "1")
    return Chunk(
        count=int(first),
        ncpus=int(given["ncpus"]),
        mem_kb=kilobytes_of(given.get("mem", "0")) or 0,
        ngpus=int(given.get("ngpus", 0)),
        mpiprocs=int(given["mpiprocs"]) if "mpiprocs" in given else None,
        ompthreads=int(given["ompthreads"]) if "ompthreads" in given else None,
        text=":".join([first, *(f"{name}={value}" for name, value in given.items())]),
    )


def _listed(
    asked: dict[str, str], chunks: tuple[Chunk, ...], words: dict[str, str]
) -> dict[str, str | int]:
    listed: dict[str, str | int] = {
        name: value for name, value in asked.items() if name not in COUNTS
    }
    listed |= {name: int(value) for name, value in asked.items() if name in COUNTS}
    listed |= words
    listed["ncpus"] = sum(chunk.count * chunk.ncpus for chunk in chunks)
    listed["nodect"] = sum(chunk.count for chunk in chunks)
    for name in ("ngpus", "mpiprocs"):
        if f":{name}=" in words["select"]:
            listed[name] = sum(chunk.count * (getattr(chunk, name) or 0) for chunk in chunks)
    if ":mem=" in words["select"]:
        listed["mem"] = _memory(chunks)
    return listed


def _memory(chunks: tuple[Chunk, ...]) -> str:
    first = chunks[0]
    if len(chunks) == first.count == 1:
        return first.text.partition(":mem=")[2].partition(":")[0]
    return f"{sum(chunk.count * chunk.mem_kb for chunk in chunks)}kb"
