"""The private cluster survives a crash, and leaves nothing behind however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from cluster.interrupted import sleeper, starts
from cluster.options import NODES
from cluster.place import Place
from cluster.slurm import ClusterOptions, SlurmCluster, SlurmError

SHELL = [sys.executable, str(Path(__file__).with_name("shell.py"))]


def starts_on(cluster: SlurmCluster, folder: Path) -> list[str]:
    """Start a sleeping job and return where it runs."""
    folder.mkdir()
    sleeper(cluster, folder)
    cluster.wait_until(lambda: starts(folder), what="the job to start")
    return starts(folder)


def traces(root: Path) -> list[psutil.Process]:
    """Return the processes that name a cluster's folder in their words or variables."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if any(str(root) in word for word in words) and process.pid != os.getpid():
            found.append(process)
    return found


def test_a_crashed_controller_comes_back_and_remembers_its_jobs(
    bare_slurm: SlurmCluster, tmp_path: Path
) -> None:
    job = sleeper(bare_slurm, tmp_path)
    bare_slurm.wait_until(lambda: starts(tmp_path), what="the job to start")
    # It writes down what it knows only some seconds after a change.
    changed = time.time()
    bare_slurm.run("scontrol", "update", f"JobId={job}", "Comment=remember")
    saved = bare_slurm.place.state / "job_state"
    bare_slurm.wait_until(lambda: saved.stat().st_mtime > changed, what="the state to be saved")
    controller = int((bare_slurm.place.run / "slurmctld.pid").read_text(encoding="ascii"))
    os.kill(controller, signal.SIGKILL)
    bare_slurm.wait_until(lambda: not psutil.pid_exists(controller), what="the crash")
    bare_slurm.wait_for(job, "RUNNING")


def test_two_clusters_run_side_by_side_and_leave_no_process_and_no_file(tmp_path: Path) -> None:
    small = ClusterOptions(accounting=False, nodes=NODES[-1:])
    with SlurmCluster(small) as one, SlurmCluster(small) as other:
        assert starts_on(one, tmp_path / "one") == starts_on(other, tmp_path / "other")
        roots = [one.place.root, other.place.root]
        assert all(traces(root) for root in roots)
    assert not any(root.exists() or traces(root) for root in roots)


def test_a_start_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    cluster = SlurmCluster(ClusterOptions(accounting=False, max_array_size=-5))
    with pytest.raises(SlurmError, match="the cluster did not start: "):
        cluster.start()
    assert not cluster.place.root.exists()
    assert not traces(cluster.place.root)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_aborted_run_leaves_nothing_to_the_next(end: signal.Signals, tmp_path: Path) -> None:
    told = tmp_path / "conf"
    inner = (
        f"sbatch -o /dev/null --wrap='setsid sleep 600 & touch {tmp_path}/runs; wait';"
        f" while ! [ -e {tmp_path}/runs ]; do sleep 0.1; done; echo $SLURM_CONF >{told}.new;"
        f" mv {told}.new {told}; sleep 600"
    )
    command = [*SHELL, "--no-accounting", "--", "sh", "-c", inner]
    with subprocess.Popen(command, start_new_session=True) as shell:
        while not told.exists() and shell.poll() is None:
            time.sleep(0.05)
        os.killpg(shell.pid, end)
    place = Place(Path(told.read_text(encoding="utf-8").strip()).parents[1])
    with SlurmCluster(ClusterOptions(accounting=False, nodes=NODES[-1:])):
        assert not place.root.exists()
        assert not traces(place.root)
