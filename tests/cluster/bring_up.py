"""Starting the daemons of a cluster in their order, each when what it needs is there."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable

from cluster.client import Client, SlurmError
from cluster.config import CLUSTER
from cluster.daemon_set import DaemonSet
from cluster.options import ACCOUNT

_START_S, _POLL_S = 90.0, 0.02


def bring_up(daemons: DaemonSet, client: Client) -> None:
    """Start all daemons and wait until every node is idle.

    Raises
    ------
    SlurmError
        One of them ended or did not answer in time.
    """
    place = daemons.place
    daemons.configure()
    daemons.start_munge()
    _await(daemons, place.munge_socket.exists, "munged")
    if daemons.options.accounting:
        daemons.start_database()
        _await(daemons, place.database_socket.exists, "mariadbd")
        daemons.start_accounting()
        _await(daemons, lambda: _answers(client, "sacctmgr", "-n", "show", "cluster"), "slurmdbd")
        _register(client)
    daemons.start_controller()
    _await(daemons, lambda: _answers(client, "scontrol", "ping"), "slurmctld")
    for node in daemons.options.nodes:
        daemons.start_node(node.name)
    _await(daemons, lambda: _are_idle(client), "the nodes")


def _register(client: Client) -> None:
    """Tell slurmdbd the cluster, which must be known before slurmctld starts, and the account."""
    user = getpass.getuser()
    for command in (
        ["add", "cluster", CLUSTER],
        ["add", "account", ACCOUNT, "Description=tests"],
        ["add", "user", user, f"Account={ACCOUNT}"],
        # root has an account from the beginning.
        ["modify", "user", user, "set", f"DefaultAccount={ACCOUNT}"],
    ):
        client.run("sacctmgr", "-i", *command)


def _await(daemons: DaemonSet, predicate: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _START_S
    while not predicate():
        failure = daemons.failure()
        if failure is None and time.monotonic() > deadline:
            failure = f"{what} did not come up within {_START_S:g} s"
        if failure is not None:
            raise SlurmError(f"the cluster did not start: {failure}")
        time.sleep(_POLL_S)


def _answers(client: Client, *command: str) -> bool:
    try:
        return "DOWN" not in client.run(*command)
    except SlurmError:
        return False


def _are_idle(client: Client) -> bool:
    return set(client.run("sinfo", "-h", "-N", "-o", "%T").split()) == {"idle"}
