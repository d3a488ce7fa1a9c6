from __future__ import annotations

from pathlib import Path

import pytest
from profiles.fakes import FakeSlurm, program

from hpcmlff.executors.lookup import read_profile
from hpcmlff.profiles.__main__ import main
from hpcmlff.profiles.detect import host_pattern, name_of
from hpcmlff.spec.profile import ClusterProfile


def detected(capsys: pytest.CaptureFixture[str], place: Path) -> tuple[ClusterProfile, str]:
    assert main(["detect"]) == 0
    text = capsys.readouterr().out
    path = place / "detected.yaml"
    path.write_text(text)
    profile = read_profile(path)
    assert isinstance(profile, ClusterProfile)
    return profile, text


def test_a_profile_is_made_of_what_the_cluster_says(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("vega")
    profile, text = detected(capsys, place)
    assert (profile.name, profile.account, profile.qos) == ("vega", "chem", "normal")
    assert profile.recognise.hosts == ("login*.vega.example",)
    assert profile.recognise.environment == {"SLURM_CLUSTER_NAME": "vega"}
    assert (profile.array_cap, profile.requeue, profile.accounting) == (1000, "scheduler", True)
    found = [(one.name, one.cpus, one.mem_gb, one.gpus, one.gpu_kind) for one in profile.partitions]
    assert found == [
        ("vega", 128, 500, 4, "a100"),
        ("sabarmati", 36, 93.7, 0, None),
        ("aneesur", 16, 62.5, 0, None),
        ("vega-low", 128, 500, 4, "a100"),
    ]
    assert [one.walltime for one in profile.partitions] == [172800, 604800, 604800, 86400]
    for comment in (
        "# Who pays. Your accounts: chem, phys.",
        "# Quality of service. This account's: long, normal.",
        "# 1 of its 2 nodes; the others have less of something.",
        "# No limit of time; a job ends after 7d, its cell goes on.",
        "# Preemptible (requeue, 30 s after SIGTERM): cells go on from their checkpoints.",
        "# Left out: down, which is DOWN",
    ):
        assert text.count(comment) >= 1, comment


def test_a_cluster_without_accounting_gives_a_profile_without(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("aneesur", config=("JobRequeue              = 1", "JobRequeue              = 0"))
    profile, text = detected(capsys, place)
    assert (profile.accounting, profile.account, profile.requeue) == (False, None, "chain")
    assert [one.name for one in profile.partitions] == ["shared"]
    assert "# account: NAME" in text


@pytest.mark.parametrize("cluster", ["vega", "aneesur"])
def test_a_detected_profile_fits_its_cluster(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str], cluster: str
) -> None:
    fake_slurm(cluster)
    assert main(["detect", "-o", "cluster_profiles/mine.yaml"]) == 0
    assert capsys.readouterr().err == (
        "wrote cluster_profiles/mine.yaml; "
        "next: python -m hpcmlff.profiles check cluster_profiles/mine.yaml\n"
    )
    assert main(["check", "mine", "--no-job"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "the profile fits"


def test_a_partition_that_admits_another_account_names_it(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("vega", partition=("AllowAccounts=chem,phys", "AllowAccounts=phys"))
    profile, _ = detected(capsys, place)
    assert [one.account for one in profile.partitions] == [None, "chem", "chem", "chem"]
    assert profile.account == "phys"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("AllowAccounts=chem,phys", "AllowAccounts=bio", "which admits bio; none is yours"),
        ("AllowQos=normal", "AllowQos=prio", "which admits the QOS prio; none is yours"),
        ("PartitionName=aneesur", "PartitionName=(x", "whose name a profile cannot hold"),
    ],
)
def test_partitions_one_cannot_use_are_left_out_with_the_reason(
    fake_slurm: FakeSlurm,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    reason: str,
) -> None:
    fake_slurm("vega", partition=(old, new))
    profile, text = detected(capsys, place)
    assert len(profile.partitions) == 3
    assert reason in text


def test_kinds_of_nodes_that_no_other_covers_are_written_each(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = "Gres=gpu:a100:4 NodeAddr=127.0.0.1 NodeHostName=vega1", "Gres=(null)"
    fake_slurm("vega", node=(old, new))
    profile, _ = detected(capsys, place)
    found = [(one.mem_gb, one.gpus) for one in profile.partitions if one.name == "vega"]
    assert found == [(500, 0), (250, 4)]


def test_names_that_yaml_would_read_otherwise_are_quoted(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("aneesur", partition=("PartitionName=shared", "PartitionName=on"))
    folder = place / "recorded"
    nodes = (folder / "node.txt").read_text().replace("Partitions=shared", "Partitions=on")
    (folder / "node.txt").write_text(nodes)
    profile, _ = detected(capsys, place)
    assert profile.partitions[0].name == "on"


def test_a_file_that_exists_is_left_as_it_is(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("aneesur")
    (place / "mine.yaml").write_text("mine")
    assert main(["detect", "-o", "mine.yaml"]) == 3
    message = "error: mine.yaml: exists already. Give another name, or remove it\n"
    assert capsys.readouterr().err == message
    assert (place / "mine.yaml").read_text() == "mine"
    assert main(["detect", "-o", "mine.yaml/x.yaml"]) == 3
    assert capsys.readouterr().err.startswith("error: mine.yaml/x.yaml: cannot write: ")
    assert main(["detect", "-o", "mine"]) == 2
    assert "a profile is found by its ending: mine.yaml" in capsys.readouterr().err


def test_without_a_scheduler_there_is_nothing_to_detect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["detect"]) == 5
    message = "error: this machine has no scheduler. Its profile is 'local'; nothing to detect\n"
    assert capsys.readouterr().err == message


def test_without_a_usable_partition_the_reasons_are_told(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("aneesur", partition=("State=UP", "State=DRAIN"))
    assert main(["detect"]) == 5
    message = "error: Slurm shows no partition that you can use\n  shared, which is DRAIN\n"
    assert capsys.readouterr().err == message


def test_slurms_words_are_shown_if_it_fails(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm("aneesur")
    program(place, "scontrol", "echo 'no permission' >&2; exit 1")
    assert main(["detect"]) == 5
    assert capsys.readouterr().err == "error: scontrol: no permission\n"


def test_hosts_of_the_same_kind_share_a_pattern() -> None:
    found = [host_pattern(host) for host in ("login2.x.org", "login", "vg0001", "10", "n1.x2")]
    assert found == ["login*.x.org", "login", "vg*", "10", "n*.x2"]


def test_any_text_gives_a_name() -> None:
    assert [name_of(text) for text in ("my cluster!", "vega", "", "-_")] == [
        "my-cluster",
        "vega",
        "cluster",
        "cluster",
    ]
