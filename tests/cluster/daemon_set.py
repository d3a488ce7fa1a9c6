"""The daemons of a cluster, each with what it needs."""

from __future__ import annotations

import getpass
import secrets
import socket
import subprocess

from cluster.client import variables
from cluster.config import Host, slurm_conf, slurmdbd_conf
from cluster.config_nodes import gres_conf
from cluster.daemons import DIE_WITH_PARENT, Daemon
from cluster.options import ClusterOptions
from cluster.packages import program
from cluster.place import Place
from cluster.ports import PortBlock

DATABASE = (
    "--no-defaults",
    "--skip-networking",
    # Only the owner of the folder reaches the socket, so nobody needs a password.
    "--skip-grant-tables",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=8M",
    "--innodb-lock-wait-timeout=900",
    # Nothing has to survive a power cut.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-fast-shutdown=2",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=1M",
    "--performance-schema=OFF",
)
"""Options of mariadbd: small, without a port, and quick."""

# slurmctld has been seen to crash when nodes fail; a site's init system would start it again.
_AGAIN = f'for again in 1 2 3 4 5; do {" ".join(DIE_WITH_PARENT)} "$0" -D; sleep 0.3; done'


class DaemonSet:
    """Starts the daemons of one cluster; what they write lies in its folder.

    Parameters
    ----------
    options
        The cluster.
    place
        Its folder.
    ports
        Its ports: slurmctld's, slurmdbd's, and one of each node.
    """

    def __init__(self, options: ClusterOptions, place: Place, ports: PortBlock) -> None:
        self.options = options
        self.place = place
        self.daemons: dict[str, Daemon] = {}
        controller, accounting, *nodes = ports.ports(2 + len(options.nodes))
        self._host = Host(
            name=socket.gethostname().partition(".")[0],
            user=getpass.getuser(),
            controller_port=controller,
            accounting_port=accounting,
            node_ports=tuple(nodes),
        )

    def configure(self) -> None:
        """Write the configuration files and the key."""
        etc = self.place.etc
        (etc / "gres.conf").write_text(gres_conf(self.options, self.place), encoding="utf-8")
        (etc / "slurm.conf").write_text(
            slurm_conf(self.options, self.place, self._host), encoding="utf-8"
        )
        private = {
            "slurmdbd.conf": slurmdbd_conf(self.place, self._host).encode(),
            "munge.key": secrets.token_bytes(128),
        }
        for name, content in private.items():
            (etc / name).touch(mode=0o600)
            (etc / name).write_bytes(content)
        for k in range(max(node.gpus for node in self.options.nodes)):
            gpu = self.place.dev / f"gpu{k}"
            if not gpu.is_symlink():
                gpu.symlink_to("/dev/null")

    def start(self, name: str, *command: str, **extra: str) -> None:
        """Start a daemon; ``extra`` are further variables."""
        self.daemons[name] = Daemon(
            name,
            [program(command[0]), *command[1:]],
            log=self.place.log,
            environment={**variables(self.place), **extra},
        )

    def start_munge(self) -> None:
        """Start munged, by which the daemons trust each other."""
        run = self.place.run
        self.start(
            "munged",
            "munged",
            "--foreground",
            "--force",
            f"--key-file={self.place.etc}/munge.key",
            f"--socket={self.place.munge_socket}",
            f"--pid-file={run}/munged.pid",
            f"--seed-file={run}/munged.seed",
            f"--log-file={self.place.log}/munged.log",
        )

    def start_database(self) -> None:
        """Make MariaDB's system tables (slurmdbd needs those of procedures) and start it."""
        files = (f"--user={self._host.user}", f"--datadir={self.place.database}")
        tables = [program("mariadb-install-db"), *DATABASE, *files, "--skip-test-db"]
        with (self.place.log / "mariadb-install-db.out").open("wb") as output:
            subprocess.run(tables, stdout=output, stderr=subprocess.STDOUT, check=True)
        self.start(
            "mariadbd",
            "mariadbd",
            *DATABASE,
            *files,
            f"--socket={self.place.database_socket}",
            f"--pid-file={self.place.run}/mariadbd.pid",
        )

    def start_accounting(self) -> None:
        """Start slurmdbd; the variable is the only way to tell it a private socket."""
        self.start("slurmdbd", "slurmdbd", "-D", MYSQL_UNIX_PORT=str(self.place.database_socket))

    def start_controller(self) -> None:
        """Start slurmctld, again if it crashes."""
        self.start("slurmctld", "sh", "-c", _AGAIN, program("slurmctld"))

    def start_node(self, name: str) -> None:
        """Start the slurmd of a node."""
        self.start(f"slurmd.{name}", "slurmd", "-D", "-N", name)

    def kill_node(self, name: str) -> None:
        """Kill the slurmd of a node."""
        self.daemons.pop(f"slurmd.{name}").kill()

    def has_node(self, name: str) -> bool:
        """Tell whether the slurmd of a node runs."""
        daemon = self.daemons.get(f"slurmd.{name}")
        return daemon is not None and daemon.is_running()

    def kill(self) -> None:
        """Kill all of them."""
        for daemon in reversed(self.daemons.values()):
            daemon.kill()

    def failure(self) -> str | None:
        """Return which daemon has ended, with its last words; None if all run."""
        for name, daemon in self.daemons.items():
            if not daemon.is_running():
                words = daemon.output.read_text(encoding="utf-8", errors="replace")[-1000:]
                return f"{name} has ended: {words.strip()}"
        return None
