"""Where the files of one private cluster lie: all in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """The folder of one cluster.

    Its path must be short: a Unix socket's may not be longer than 107 bytes, unix(7).
    """

    root: Path
    """The folder itself; readable by its owner only."""

    def make(self) -> None:
        """Make the folders in it."""
        for folder in (self.etc, self.log, self.run, self.state, self.spool, self.dev, self.calls):
            folder.mkdir()

    @property
    def etc(self) -> Path:
        """Configuration; slurmdbd.conf and gres.conf must lie beside slurm.conf."""
        return self.root / "etc"

    @property
    def log(self) -> Path:
        """One log of each daemon."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """Sockets and pid files."""
        return self.root / "run"

    @property
    def state(self) -> Path:
        """What slurmctld remembers."""
        return self.root / "state"

    @property
    def spool(self) -> Path:
        """A folder of each slurmd."""
        return self.root / "spool"

    @property
    def dev(self) -> Path:
        """GPUs that are links to /dev/null."""
        return self.root / "dev"

    @property
    def calls(self) -> Path:
        """Commands that count their calls."""
        return self.root / "calls"

    @property
    def database(self) -> Path:
        """MariaDB's data."""
        return self.root / "database"

    @property
    def slurm_conf(self) -> Path:
        """What clients need to know the cluster by."""
        return self.etc / "slurm.conf"

    @property
    def munge_socket(self) -> Path:
        """Where munged listens."""
        return self.run / "munge.socket"

    @property
    def database_socket(self) -> Path:
        """Where MariaDB listens; it has no port."""
        return self.run / "mariadb.socket"

    def node_log(self, node: str) -> Path:
        """Return the log of a node's slurmd, which its slurmstepds keep open, too."""
        return self.log / f"slurmd.{node}.log"
