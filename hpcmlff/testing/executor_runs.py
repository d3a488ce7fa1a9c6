"""Jobs for the suite that every executor has to pass, and waiting for them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hpcmlff.executors.base import Executor, Job, JobStates, Work
from hpcmlff.executors.choice import executor_for
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Profile, profile_from
from hpcmlff.spec.states import JobState
from hpcmlff.testing.exchange import child_environment

_ELSEWHERE_S = 60
_LOOK_S = 0.1


class ExecutorRuns:
    """Makes submissions by a profile, and waits for what becomes of them."""

    arrays: ClassVar[bool] = True
    """Whether there are job arrays."""
    finds: ClassVar[bool] = True
    """Whether a submission can be found before its job has begun."""
    walltime_s: ClassVar[int] = 120
    """Walltime of jobs that are to end by themselves."""
    short_walltime_s: ClassVar[int] = 4
    """Walltime of the job that does not end by itself."""
    patience_s: ClassVar[float] = 60.0
    """Longest wait for a job to start or to end."""

    @pytest.fixture
    def profile(self) -> Profile:
        """Return the profile that jobs are submitted by; to be overridden."""
        raise NotImplementedError

    @pytest.fixture
    def executor(self, profile: Profile) -> Executor:
        """Return the executor."""
        return executor_for(profile)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Return a folder for the jobs, with a name that shells do not like."""
        folder = tmp_path / "a folder, it's mine (and has $HOME)"
        folder.mkdir()
        return folder

    def work(
        self, profile: Profile, folder: Path, function: str, *arguments: int, **changes: Any
    ) -> Work:
        """Return a submission of a function of `hpcmlff.testing.executor_jobs`."""
        facts: dict[str, Any] = {"elements": 1, "walltime_s": self.walltime_s, **changes}
        mark = f"mark{time.time_ns():x}"
        placement = Placement(
            partition=profile.partitions[0].name if isinstance(profile, ClusterProfile) else "",
            cpus=1,
            gpus=0,
            mem_gb=0.25,
            walltime_s=facts["walltime_s"],
            parallel=facts["elements"],
            cells_per_element=1,
        )
        return Work(
            function=f"hpcmlff.testing.executor_jobs:{function}",
            arguments=(str(folder), *arguments),
            name=f"hpcmlff-suite-{mark}",
            folder=folder / mark,
            elements=facts["elements"],
            placement=placement,
            grace_s=2,
        )

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something is true.

        Raises
        ------
        TimeoutError
            It did not become so.
        """
        end = time.monotonic() + self.patience_s
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {self.patience_s:g} s for {what}")
            time.sleep(_LOOK_S)

    def until_over(self, executor: Executor, *jobs: Job) -> None:
        """Wait until all elements of jobs have ended."""

        def over() -> bool:
            states = [state for states in executor.states(jobs) for state in states]
            return set(states) == {JobState.ENDED}

        self.until(over, "the jobs to end")


def states_elsewhere(profile: Profile, jobs: Sequence[Job]) -> list[JobStates]:
    """Ask for the states of jobs in another process, which knows only plain values."""
    facts = json.dumps({"profile": profile.model_dump(mode="json"), "jobs": list(jobs)})
    done = subprocess.run(
        [sys.executable, "-m", "hpcmlff.testing.executor_runs"],
        input=facts,
        check=True,
        capture_output=True,
        text=True,
        timeout=_ELSEWHERE_S,
        env=child_environment(),
    )
    return [tuple(JobState(word) for word in words) for words in json.loads(done.stdout)]


def _main() -> None:
    facts = json.load(sys.stdin)
    executor = executor_for(profile_from(facts["profile"]))
    print(json.dumps(executor.states(facts["jobs"])))  # noqa: T201 - the answer


if __name__ == "__main__":
    _main()
