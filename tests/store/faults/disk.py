"""A small disk that is really full: a tmpfs of its own, where mounting is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

PAGE = 4096
"""A tmpfs gives space in pages."""

_SIZE = 12 << 20
_NAMES = 4000


class SmallDisk:
    """Mounted on a folder while the context lasts.

    Parameters
    ----------
    folder
        Made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = False
        """Whether it could be mounted; if not, the folder is an ordinary one."""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = f"size={_SIZE},nr_inodes={_NAMES},mode=755"
        if mount := shutil.which("mount"):
            command = [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
            self.mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            # Lazily, so that a writer that is still ending does not keep it busy.
            umount = shutil.which("umount") or "umount"
            subprocess.run([umount, "--lazy", str(self.folder)], check=True)

    def leave_pages(self, pages: int) -> None:
        """Fill it until so many pages are free."""
        state = os.statvfs(self.folder)
        self._filler.mkdir()
        spare = state.f_bavail * state.f_frsize - pages * PAGE
        (self._filler / "bytes").write_bytes(bytes(max(spare, 0)))

    def leave_names(self, names: int) -> None:
        """Make files until so many more can be made."""
        self._filler.mkdir()
        for number in range(os.statvfs(self.folder).f_favail - names):
            (self._filler / str(number)).touch()

    def clear(self) -> None:
        """Make room again."""
        for file in self._filler.iterdir():
            file.unlink()
        self._filler.rmdir()

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"
