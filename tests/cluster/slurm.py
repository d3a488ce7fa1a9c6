"""A private Slurm cluster of several nodes on this host, for tests and benchmarks.

It runs Debian's own packages as whoever starts it, root or not, without systemd; everything it
writes lies in one folder, and nothing is left when it is closed::

    with SlurmCluster(ClusterOptions(accounting=False)) as slurm:
        job_id = slurm.submit("--wrap=hostname")
        slurm.wait_for(job_id, "COMPLETED")

The kernel ends it with the thread that started it, so start it from the main thread.
"""

from __future__ import annotations

import getpass
from types import TracebackType
from typing import Self

from cluster.belongings import kill_jobs
from cluster.bring_up import bring_up
from cluster.client import Client, SlurmError
from cluster.daemon_set import DaemonSet
from cluster.leftovers import new_place, remove, remove_leftovers
from cluster.options import ClusterOptions
from cluster.ports import claim_ports

__all__ = ["ClusterOptions", "SlurmCluster", "SlurmError"]

_UP = {"idle", "mixed", "allocated"}
"""States of a node that takes jobs; a star behind one says that it does not answer."""


class SlurmCluster(Client):
    """The cluster, which runs from ``start`` to ``stop``, or as long as a ``with`` block.

    Parameters
    ----------
    options
        What it looks like.
    """

    def __init__(self, options: ClusterOptions | None = None) -> None:
        remove_leftovers()
        self.options = options or ClusterOptions()
        super().__init__(new_place())
        try:
            self._ports = claim_ports(2 + len(self.options.nodes))
        except BaseException:
            remove(self.place)
            raise
        self._daemons = DaemonSet(self.options, self.place, self._ports)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all daemons and wait until every node is idle.

        Raises
        ------
        SlurmError
            It did not come up; nothing of it is left.
        """
        try:
            bring_up(self._daemons, self)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill everything, as a power cut does, and remove the folder."""
        self._daemons.kill()
        remove(self.place)
        self._ports.close()

    def reset(self) -> None:
        """Cancel all jobs and revive all nodes, so that the next test finds it as new."""
        for node in self.options.nodes:
            if not self._daemons.has_node(node.name):
                self.revive_node(node.name)
        user = f"--user={getpass.getuser()}"
        self.run("scancel", user)
        # Nobody has to wait for those that ignore SIGTERM.
        self.run("scancel", user, "--signal=KILL", "--full")
        self.wait_until(lambda: not self.run("squeue", "-h"), what="the queue to be empty")

    def reconfigure(self, options: ClusterOptions) -> None:
        """Change what ``scontrol reconfigure`` can change; the nodes must stay the same."""
        self.options = self._daemons.options = options
        self._daemons.configure()
        self.run("scontrol", "reconfigure")

    def kill_node(self, name: str, *, tell: bool = True) -> None:
        """Kill a node's slurmd and all that runs there.

        Parameters
        ----------
        name
            The node.
        tell
            Tell the controller at once that the node is down; it would find out by itself only
            after SlurmdTimeout.
        """
        self._daemons.kill_node(name)
        kill_jobs(self.place, name)
        if tell:
            self.run("scontrol", "update", f"NodeName={name}", "State=DOWN", "Reason=power")

    def revive_node(self, name: str) -> None:
        """Start a killed node again and wait until it takes jobs.

        Raises
        ------
        TimeoutError
            It does not come back.
        """
        self._daemons.start_node(name)
        self.wait_until(lambda: self.node_state(name) in _UP, what=f"{name} to come back")

    def node_state(self, name: str) -> str:
        """Return a node's state, such as ``idle``; ``idle*`` if it does not answer."""
        return self.run("sinfo", "-h", "-n", name, "-o", "%T").split()[0]
