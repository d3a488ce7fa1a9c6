from __future__ import annotations

from pathlib import Path

from hpcmlff.diagnosis.endings import endings
from hpcmlff.executors.job_output import end_of, ends
from hpcmlff.store.ledger import Ending

OOM = "slurmstepd: error: Detected 1 oom_kill event in StepId=64.0"


def test_outputs_are_known_by_their_elements(tmp_path: Path) -> None:
    for name in ("63_5_0_log.out", "64_0_log.out", "12[3].pbslab.OU", "12_3_0_log.out", "a.pkl"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "63_6_0_log.out").touch()
    found = sorted((element, text.strip()) for element, text in ends(tmp_path))
    assert found == [
        (0, "64_0_log.out"),
        (3, "12[3].pbslab.OU"),
        (3, "12_3_0_log.out"),
        (5, "63_5_0_log.out"),
    ]
    assert end_of(tmp_path, 5) == "63_5_0_log.out\n"
    assert end_of(tmp_path, 7) == ""
    assert list(ends(tmp_path / "nowhere")) == []


def test_the_end_of_a_long_output_is_enough(tmp_path: Path) -> None:
    (tmp_path / "64_0_log.out").write_text("x" * 100_000 + f"\n{OOM}\n")
    assert len(end_of(tmp_path, 0)) == 4096
    assert end_of(tmp_path, 0).endswith(f"\n{OOM}\n")


def test_what_is_remembered_of_a_job_is_words_and_a_line(tmp_path: Path) -> None:
    (tmp_path / "63_0_0_log.out").write_text("all is well\n")
    (tmp_path / "63_1_0_log.out").write_text(f"{OOM}\nsrun: error: n1: task 0: Killed\n")
    (tmp_path / "63_2_0_log.out").write_text(f"{OOM}\n")
    causes = {0: ("FAILED 1:0",), 1: ("NODE_FAIL", "FAILED 9:0"), 2: ("COMPLETED",)}
    assert endings(tmp_path, causes) == {
        0: Ending(words="FAILED 1:0"),
        1: Ending(words="FAILED 9:0", earlier=("NODE_FAIL",), line=OOM),
        # It was done: nobody has to look into its output.
        2: Ending(words="COMPLETED"),
    }


def test_without_words_a_line_alone_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "64_0_log.out").write_text(f"{OOM}\n")
    assert endings(tmp_path, {}) == {0: Ending(line=OOM)}
