from __future__ import annotations

from pathlib import Path

import pytest
from profiles.checking import checked, write
from profiles.fakes import FakeSlurm

from hpcmlff.profiles.differences import duration


def test_a_profile_that_says_what_the_cluster_says_fits(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm()
    write(place)
    assert checked(capsys) == (0, ["the profile fits"])


def test_each_of_many_wrong_things_is_told(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm()
    write(
        place,
        (
            "name: vega, cpus: 128, mem_gb: 500, gpus: 4",
            "name: vega, cpus: 129, mem_gb: 501, gpus: 5",
        ),
        ("walltime: 48h", "walltime: 49h"),
        ("name: sabarmati", "name: sabarmat"),
        ("array_cap: 1001", "array_cap: 1002\naccount: bio"),
        ("poll_interval: 30s", "poll_interval: 1s"),
        ("hosts: [login*]", "hosts: [vega*]"),
    )
    assert checked(capsys) == (
        1,
        [
            (
                "note: 3: recognise: profile: vega*; cluster: this machine is "
                "login1.vega.example. Add a pattern, or give --profile with each command"
            ),
            "error: 5: partitions.0.walltime: profile: 49h; cluster: 2d at most. Lower it to 2d",
            "error: 5: partitions.0.cpus: profile: 129; cluster: 128 at most. Lower it to 128",
            "error: 5: partitions.0.mem_gb: profile: 501; cluster: 500 at most. Lower it to 500",
            "error: 5: partitions.0.gpus: profile: 5; cluster: 4 at most. Lower it to 4",
            (
                "error: 6: partitions.1.name: profile: sabarmat; cluster: no such "
                "partition. Did you mean 'sabarmati'?"
            ),
            "error: 8: account: profile: bio; cluster: you have chem, phys. Write one of yours",
            (
                "error: 8: account: profile: bio; cluster: vega admits chem, phys only. "
                "Write one of these under the partition"
            ),
            (
                "error: 7: array_cap: profile: 1002; cluster: 1001 at most "
                "(MaxArraySize). Lower it to 1001"
            ),
            (
                "note: 10: poll_interval: profile: 1s; cluster: the controller serves "
                "others, too. Write at least 5s"
            ),
            "8 to change",
        ],
    )


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            "gpu_kind: a100",
            "gpu_kind: v100",
            "error: 5: partitions.0.gpu_kind: profile: v100; cluster: a100. Write one of: a100",
        ),
        (
            "cpus: 36, mem_gb: 90",
            "cpus: 36, mem_gb: 90, gpus: 1",
            "error: 6: partitions.1.gpus: profile: 1; cluster: 0 at most. Remove the key",
        ),
        (
            "name: sabarmati, cpus: 36, mem_gb: 90, walltime: 30d",
            "name: down, cpus: 36, mem_gb: 90, walltime: 1d",
            (
                "error: 6: partitions.1.name: profile: down; cluster: it is DOWN. "
                "Wait until it is up, or remove it"
            ),
        ),
        (
            "grace: 5s",
            "grace: 30h",
            "error: 8: grace: profile: 30h; cluster: jobs in vega last 2d. Lower it to 1d",
        ),
        (
            "grace: 5s",
            "grace: 30s",
            (
                "note: 8: grace: profile: 30s; cluster: a cancelled job is killed after "
                "5s (KillWait). A cancelled cell may lose what it did since its last checkpoint"
            ),
        ),
        (
            "name: sabarmati, cpus: 36, mem_gb: 90, walltime: 30d",
            "name: aneesur, cpus: 16, mem_gb: 60, walltime: 7d, qos: long",
            (
                "error: 6: partitions.1.qos: profile: long; cluster: aneesur admits "
                "normal only. Write one of these under the partition"
            ),
        ),
        (
            "accounting: true",
            "accounting: true\nqos: premium",
            (
                "error: 11: qos: profile: premium; cluster: chem may use long, "
                "normal. Write one of these, or remove the key"
            ),
        ),
        (
            "accounting: true",
            "accounting: false",
            (
                "note: 10: accounting: profile: false; cluster: sacct answers. "
                "Write true: then the causes of failures are known"
            ),
        ),
    ],
)
def test_a_difference_names_line_key_both_sides_and_the_change(
    fake_slurm: FakeSlurm,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    finding: str,
) -> None:
    fake_slurm()
    write(place, (old, new))
    code, lines = checked(capsys)
    assert finding in lines
    assert code == (1 if finding.startswith("error") else 0)


def test_a_job_array_must_fit_an_accounts_limit(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm(associations=("chem|chem||long,normal|normal||", "chem|chem||normal|normal||400"))
    write(place)
    finding = (
        "error: 7: array_cap: profile: 1001; cluster: 400 at most (MaxSubmitJobs of chem). "
        "Lower it to 400"
    )
    assert checked(capsys) == (1, [finding, "1 to change"])


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            {"config": ("accounting_storage/slurmdbd", "accounting_storage/none")},
            (
                "error: 10: accounting: profile: true; cluster: no accounts are kept "
                "(accounting_storage/none). Write false"
            ),
        ),
        (
            {"config": ("JobRequeue              = 1", "JobRequeue              = 0")},
            (
                "note: 1: requeue: profile: scheduler; cluster: JobRequeue=0. The jobs ask for it "
                "themselves; if the probe job may not, write chain"
            ),
        ),
        (
            {"node": ("512000 AllocMem=0", "128000 AllocMem=0")},
            "error: 5: partitions.0.mem_gb: profile: 500; cluster: 250 at most. Lower it to 250",
        ),
        (
            {"associations": ("chem", "bio")},
            (
                "error: 1: account: profile: nothing (your default is bio); cluster: vega admits "
                "chem, phys only. Write one of these under the partition"
            ),
        ),
        (
            {"node": ("Partitions=sabarmati,down", "Partitions=down")},
            "error: 6: partitions.1.name: profile: sabarmati; cluster: it has no nodes. Remove it",
        ),
    ],
)
def test_what_the_cluster_lacks_is_told(
    fake_slurm: FakeSlurm,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, tuple[str, str]],
    finding: str,
) -> None:
    fake_slurm(**changes)
    write(place)
    assert finding in checked(capsys)[1]


def test_nodes_that_are_down_are_a_note(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fake_slurm()
    nodes = (folder / "node.txt").read_text().replace("State=IDLE", "State=DOWN*+DRAIN")
    (folder / "node.txt").write_text(nodes)
    write(place)
    finding = (
        "note: 5: partitions.0.name: profile: vega; cluster: none of its nodes works "
        "(DOWN*+DRAIN). Jobs wait until a node is back"
    )
    assert finding in checked(capsys)[1]


def test_limits_that_only_different_nodes_have_are_told(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm(node=("Gres=gpu:a100:4 NodeAddr=127.0.0.1 NodeHostName=vega1", "Gres=(null)"))
    write(place)
    finding = (
        "error: 5: partitions.0: profile: vega; cluster: no single node has all of that. "
        "Write the partition twice, once for each kind of node"
    )
    assert checked(capsys) == (1, [finding, "1 to change"])


def test_a_preemptible_partition_is_a_note(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm(partition=("GraceTime=30", "GraceTime=0"))
    write(place, ("name: vega,", "name: vega-low,"), ("48h", "24h"))
    finding = (
        "note: 8: grace: profile: 5s; cluster: a preempted job of vega-low is killed at once "
        "(GraceTime). Such a cell may lose up to 5m of work"
    )
    assert checked(capsys) == (0, [finding, "the profile fits"])


def test_durations_are_written_in_the_largest_exact_unit() -> None:
    found = [duration(seconds) for seconds in (0, 1, 90, 120, 5400, 7200, 86400, 129600)]
    assert found == ["0s", "1s", "90s", "2m", "90m", "2h", "1d", "36h"]
