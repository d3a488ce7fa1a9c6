"""From a call of qsub to what it asks for; the checks that qsub itself does."""

from __future__ import annotations

import os
from pathlib import Path

from hpcmlff.testing.fake_pbs.call import Call, TextNeededError
from hpcmlff.testing.fake_pbs.checks import check, read_indices, read_moment
from hpcmlff.testing.fake_pbs.command_line import (
    CommandLine,
    combined,
    directives,
    read_arguments,
)
from hpcmlff.testing.fake_pbs.ids import full_id
from hpcmlff.testing.fake_pbs.options import FakePbsOptions, FakeQueue
from hpcmlff.testing.fake_pbs.refusal import (
    UNKNOWN_QUEUE,
    RefusalError,
    wrong_option,
)
from hpcmlff.testing.fake_pbs.request import Dependency, Request, Resources
from hpcmlff.testing.fake_pbs.resources import read_resources
from hpcmlff.testing.fake_pbs.variables import variable_list

_KINDS = ("after", "afterok", "afternotok", "afterany")


def read_request(call: Call, options: FakePbsOptions, user: str) -> Request:
    """Return what a call of `qsub` asks for.

    Parameters
    ----------
    call
        The call.
    options
        The server.
    user
        Who calls.

    Raises
    ------
    RefusalError
        It asks for what does not exist.
    TextNeededError
        The script stands on standard input, which was not read yet.
    """
    typed = read_arguments(call.arguments)
    script = _script(call, typed)
    line = typed if script is None else combined(typed, read_arguments(directives(script)))
    check(line, user)
    queue = _queue(line, options)
    resources = read_resources(line.resources, queue.default_walltime_s)
    return _request(call, line, script, (options, queue, resources))


def _script(call: Call, typed: CommandLine) -> str | None:
    if typed.direct:
        return None
    if typed.operands:
        path = call.folder / typed.operands[0]
        try:
            return path.read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            raise RefusalError(1, "script file:: No such file or directory") from None
    if call.text is None:
        raise TextNeededError
    return call.text


def _queue(line: CommandLine, options: FakePbsOptions) -> FakeQueue:
    name = line.options.get("q", options.queues[0].name).partition("@")[0]
    for queue in options.queues:
        if queue.name == name:
            return queue
    raise RefusalError(UNKNOWN_QUEUE, "Unknown queue")


def _depend(text: str, server: str) -> tuple[Dependency, ...]:
    found = []
    for part in filter(None, text.split(",")):
        kind, *ids = part.split(":")
        full = tuple(full_id(one, server) for one in ids)
        if kind not in _KINDS or not full or None in full:
            raise wrong_option("W")
        found.append(Dependency(kind=kind, job_ids=tuple(one for one in full if one)))
    return tuple(found)


def _path(call: Call, text: str | None) -> str | None:
    if text is None:
        return None
    host, colon, path = text.partition(":")
    plain = path if colon and "/" not in host else text
    # A slash at the end says that it is a folder; os.path.join keeps it.
    return os.path.join(call.folder, plain)  # noqa: PTH118


def _request(
    call: Call,
    line: CommandLine,
    script: str | None,
    where: tuple[FakePbsOptions, FakeQueue, Resources],
) -> Request:
    options, queue, resources = where
    get = line.options.get
    operand = Path(line.operands[0]).name if line.operands and not line.direct else "STDIN"
    indices, max_run = read_indices(get("J", ""))
    return Request(
        name=get("N", operand),
        queue=queue.name,
        variables=variable_list(call, line.options, (queue.name, options.server)),
        script=script,
        program=line.operands if line.direct else (),
        shell=get("S"),
        resources=resources,
        output=_path(call, get("o")),
        error=_path(call, get("e")),
        join=get("j", "n"),
        keep=get("k", "n"),
        rerunable=get("r", "y" if options.rerunable or indices else "n") == "y",
        held="h" in line.options,
        indices=indices,
        array_range=get("J", "").partition("%")[0],
        max_run=max_run,
        depend=_depend(line.extras.get("depend", ""), options.server),
        not_before=read_moment(get("a", "")),
        account=get("A"),
        project=get("P", "_pbs_project_default"),
        priority=int(get("p", "0")),
        mail=get("m", "a"),
        umask=int(line.extras.get("umask", "077"), 8),
        block=line.extras.get("block") == "true",
        workdir=str(call.folder),
        arguments=" ".join(call.arguments),
    )
