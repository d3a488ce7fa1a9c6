"""The suite that every executor has to pass.

Inherited in a test file, with a fixture that gives the profile jobs are submitted by::

    class TestMine(ExecutorConformance):
        @pytest.fixture
        def profile(self) -> Profile:
            return ClusterProfile(...)
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.errors import JobRefused
from hpcmlff.executors.base import Executor
from hpcmlff.executors.choice import executor_for
from hpcmlff.spec.profile import ClusterProfile, Profile
from hpcmlff.spec.states import LIVE, JobState
from hpcmlff.testing.executor_jobs import BEAT, BEGUN, COUNTED, GO, counted
from hpcmlff.testing.executor_runs import ExecutorRuns, states_elsewhere

_TO = 40
_ELEMENTS = 3
_EXIT = 3


class ExecutorConformance(ExecutorRuns):
    """Proves of an executor what the rest of the library relies on."""

    def test_a_job_runs_once_and_ends(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """Also from a folder whose name shells do not like."""
        job = executor.submit(self.work(profile, place, "note"))
        self.until_over(executor, job)
        self.until(lambda: list(place.glob("note-*")), "the note")
        assert len(list(place.glob("note-*"))) == 1

    def test_an_array_runs_each_element_once(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """And has as many states as elements."""
        if not self.arrays:
            pytest.skip("there are no arrays")
        job = executor.submit(self.work(profile, place, "note", elements=_ELEMENTS))
        assert job["elements"] == _ELEMENTS
        assert [len(states) for states in executor.states([job])] == [_ELEMENTS]
        self.until_over(executor, job)
        self.until(lambda: len(list(place.glob("note-*"))) >= _ELEMENTS, "the notes")
        assert len(list(place.glob("note-*"))) == _ELEMENTS

    def test_states_are_told_for_all_jobs_in_their_order(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """The first has ended, the second runs until it is told to end."""
        ended = executor.submit(self.work(profile, place, "note"))
        self.until_over(executor, ended)
        running = executor.submit(self.work(profile, place, "wait_for_go"))
        self.until((place / BEGUN).exists, "the job to begin")
        expected = [(JobState.ENDED,), (JobState.RUNNING,)]
        self.until(lambda: executor.states([ended, running]) == expected, "the states")
        assert executor.states([running, ended]) == expected[::-1]
        (place / GO).touch()
        self.until_over(executor, running)
        assert executor.states([]) == []

    def test_another_process_sees_the_same_states(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """All it needs are the plain values that `submit` has returned."""
        job = executor.submit(self.work(profile, place, "wait_for_go"))
        self.until((place / BEGUN).exists, "the job to begin")
        self.until(lambda: executor.states([job]) == [(JobState.RUNNING,)], "the state")
        assert states_elsewhere(profile, [job]) == [(JobState.RUNNING,)]
        (place / GO).touch()
        self.until_over(executor, job)
        assert states_elsewhere(profile, [job]) == [(JobState.ENDED,)]

    def test_a_cancelled_job_stops_at_once_and_the_next_one_goes_on(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """It hears of it, so that it can save what it has; nothing is lost or done twice."""
        job = executor.submit(self.work(profile, place, "count", _TO))
        self.until(lambda: counted(place / COUNTED), "the job to count")
        executor.cancel([job])
        self.until_over(executor, job)
        assert 0 < counted(place / COUNTED) < _TO
        executor.cancel([job])  # nothing to stop any more
        self.until_over(executor, executor.submit(self.work(profile, place, "count", _TO)))
        self.until(lambda: counted(place / COUNTED) >= _TO, "the count")
        assert counted(place / COUNTED) == _TO

    def test_a_cancelled_element_stops_and_the_others_go_on(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """Whole jobs may be cancelled by the same call."""
        if not self.arrays:
            pytest.skip("there are no arrays")
        job = executor.submit(self.work(profile, place, "wait_for_go", elements=_ELEMENTS))
        single = executor.submit(self.work(profile, place, "wait_for_go"))
        running, ended = JobState.RUNNING, JobState.ENDED
        began = [(running,) * _ELEMENTS, (running,)]
        self.until(lambda: executor.states([job, single]) == began, "the jobs to begin")
        executor.cancel([job, single], [[0, 2], []])
        left = [(ended, running, ended), (ended,)]
        self.until(lambda: executor.states([job, single]) == left, "the elements to end")
        (place / GO).touch()
        self.until_over(executor, job)

    def test_a_failed_job_ends(self, executor: Executor, profile: Profile, place: Path) -> None:
        """Its cause, where one is known, is told for elements that there are."""
        job = executor.submit(self.work(profile, place, "fail", _EXIT))
        self.until_over(executor, job)
        assert (place / BEGUN).exists()
        [causes] = executor.causes([job])
        assert set(causes) <= {0}
        assert all(causes.values())

    def test_a_job_that_outlives_its_walltime_is_ended(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """Even if it does not want to."""
        work = self.work(profile, place, "outlive", walltime_s=self.short_walltime_s)
        job = executor.submit(work)
        self.until((place / BEAT).exists, "the job to begin")
        self.until_over(executor, job)
        last = (place / BEAT).stat().st_mtime_ns
        executor.cancel([job])
        assert (place / BEAT).stat().st_mtime_ns == last

    def test_a_submission_that_was_cut_off_is_found_again(
        self, executor: Executor, profile: Profile, place: Path
    ) -> None:
        """By what was written down before; and one that never was is not found."""
        work = self.work(profile, place, "wait_for_go")
        assert executor.find(work) is None
        job = executor.submit(work)
        if self.finds:
            assert executor.find(work) == job
        self.until((place / BEGUN).exists, "the job to begin")
        assert executor.states([job])[0][0] in LIVE
        (place / GO).touch()
        self.until_over(executor, job)

    def test_what_the_scheduler_refuses_leaves_nothing(self, profile: Profile, place: Path) -> None:
        """No job and no file; its words are told."""
        if not isinstance(profile, ClusterProfile):
            pytest.skip("nothing is refused")
        wrong = profile.partitions[0].model_copy(update={"name": "no-such-queue"})
        changed = profile.model_copy(update={"partitions": (wrong,)})
        work = self.work(changed, place, "note")
        with pytest.raises(JobRefused):
            executor_for(changed).submit(work)
        assert not work.folder.exists()
        assert not list(place.iterdir())
