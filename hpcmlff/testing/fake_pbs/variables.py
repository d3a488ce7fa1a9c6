"""The variables that go with a job: what ``-v`` and ``-V`` name, and what qsub adds."""

from __future__ import annotations

from hpcmlff.testing.fake_pbs.call import Call
from hpcmlff.testing.fake_pbs.refusal import RefusalError


def variable_list(call: Call, options: dict[str, str], where: tuple[str, str]) -> dict[str, str]:
    """Return ``Variable_List``, in PBS's order.

    Parameters
    ----------
    call
        The call of `qsub`.
    options
        Its options.
    where
        Names of queue and server.

    Raises
    ------
    RefusalError
        ``-v`` names a variable that is not set.
    """
    old = {name: call.environment.get(name) for name in ("HOME", "LANG", "LOGNAME", "PATH")}
    origin = {f"PBS_O_{name}": value for name, value in old.items() if value is not None}
    origin["PBS_O_SHELL"] = call.environment.get("SHELL", "/bin/bash")
    origin["PBS_O_INTERACTIVE_AUTH_METHOD"] = "resvport"
    origin["PBS_O_INTERACTIVE_ENCRYPT_METHOD"] = ""
    origin["PBS_O_WORKDIR"] = str(call.folder)
    origin["PBS_O_SYSTEM"] = "Linux"
    return {
        **origin,
        **_named(call, options),
        "PBS_O_QUEUE": where[0],
        "PBS_O_HOST": where[1],
    }


def _named(call: Call, options: dict[str, str]) -> dict[str, str]:
    found = {}
    if "V" in options:
        foreign = {"_", "SHLVL", "PWD", "OLDPWD"}
        found = {
            name: value
            for name, value in call.environment.items()
            if name not in foreign and not name.startswith("PBS_")
        }
    for name, value in split_variables(options.get("v", "")):
        given = call.environment.get(name) if value is None else value
        if given is None:
            raise RefusalError(1, "cannot send environment with the job")
        found[name] = given
    return found


def split_variables(text: str) -> list[tuple[str, str | None]]:
    """Split ``A=1,B="x,y",C`` at the commas outside of quotes."""
    found = []
    for part in filter(None, _parts(text)):
        name, equals, value = part.partition("=")
        found.append((name, value if equals else None))
    return found


def _parts(text: str) -> list[str]:
    parts, quote = [""], ""
    letters = iter(text)
    for letter in letters:
        if letter == "\\":
            parts[-1] += next(letters, "")
        elif letter in {quote, '"', "'"} and quote in {"", letter}:
            quote = "" if quote else letter
        elif letter == "," and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
