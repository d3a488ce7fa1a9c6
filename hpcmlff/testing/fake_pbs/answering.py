"""From what a client sent to what it is answered."""

from __future__ import annotations

import getopt
import marshal
from pathlib import Path

from hpcmlff.testing.fake_pbs import control, orders, pbsnodes, qstat, qsub
from hpcmlff.testing.fake_pbs.call import Answer, Call, TextNeededError
from hpcmlff.testing.fake_pbs.client import Reply
from hpcmlff.testing.fake_pbs.refusal import RefusalError
from hpcmlff.testing.fake_pbs.server import Server

COMMANDS = {
    "qsub": qsub.answer,
    "qstat": qstat.answer,
    "qdel": orders.qdel,
    "qsig": orders.qsig,
    "qrerun": orders.qrerun,
    "qhold": orders.qhold,
    "qrls": orders.qrls,
    "pbsnodes": pbsnodes.answer,
}
"""The commands there are."""


def answer(server: Server, message: bytes, *, is_control: bool) -> Answer | Reply:
    """Answer a client.

    Parameters
    ----------
    server
        The server.
    message
        What `client.ask` sent.
    is_control
        Whether it came from `FakePbs`, not from a command.
    """
    command, arguments, folder, environment, text = marshal.loads(message)  # noqa: S302
    call = Call(
        command=command,
        arguments=arguments,
        folder=Path(folder),
        environment=environment,
        text=text,
    )
    if is_control:
        return control.answer(server, call)
    try:
        return COMMANDS[command](server, call)
    except TextNeededError:
        return 0, "", "", 0.0, True
    except RefusalError as refusal:
        return Answer(code=refusal.code, words=f"{command}: {refusal.words}\n")
    except getopt.GetoptError as error:
        return Answer(code=2, words=f"{command}: invalid option -- '{error.opt}'\n")
