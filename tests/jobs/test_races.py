"""What happens when several want the same job, against a real database with several connections."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from pytest_django.fixtures import Settings

from jobs import lifecycle, services
from jobs.context import JobContext, view_of
from jobs.exceptions import JobAlreadyActive, JobCancelled, LeaseLost, TooManyActiveJobs
from jobs.models import JobRun
from jobs.pulse import Pulse
from jobs.runner import run_job
from jobs.states import Outcome, Status
from jobs.sweeper import sweep
from tests.jobs.conftest import Enqueue, expire_lease, run_on_thread
from tests.threads import in_parallel
from tests.waiting import wait

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_eight_workers_that_claim_at_once_exactly_one_wins(enqueue: Enqueue) -> None:
    for _ in range(5):
        job = enqueue()

        def take(number: int, job_id: uuid.UUID = job.pk) -> JobRun | None:
            return lifecycle.claim(job_id, worker=f"w{number}")

        claims = in_parallel(8, take)
        winners = [claim for claim in claims if claim is not None]
        assert len(winners) == 1
        job.refresh_from_db()
        assert (job.attempt, job.worker) == (1, winners[0].worker)
        assert job.attempts.count() == 1


def test_a_duplicate_message_runs_the_job_once(enqueue: Enqueue) -> None:
    job = enqueue("test.told", params={})
    in_parallel(4, lambda number: run_job(job.pk, worker=f"w{number}"))
    assert Group.objects.count() == 1


def test_twenty_identical_starts_make_one_job_and_the_others_learn_which(enqueue: Enqueue) -> None:
    def start(number: int) -> JobRun | JobAlreadyActive:
        try:
            return enqueue("test.search", subject="roster:42", organization_id=1)
        except JobAlreadyActive as error:
            return error

    answers = in_parallel(20, start)
    made = [answer for answer in answers if isinstance(answer, JobRun)]
    assert len(made) == 1
    assert {answer.job.pk for answer in answers if isinstance(answer, JobAlreadyActive)} == {made[0].pk}


def test_identical_starts_without_an_organization_make_one_job_too(enqueue: Enqueue) -> None:
    def start(number: int) -> bool:
        try:
            enqueue("test.search", subject="everything")
        except JobAlreadyActive:
            return False
        return True

    assert sum(in_parallel(12, start)) == 1


def test_an_organization_never_exceeds_its_cap_under_twenty_parallel_starts(
    enqueue: Enqueue, job_settings: Settings
) -> None:
    job_settings.JOBS_ACTIVE_PER_ORGANIZATION = 3

    def start(number: int) -> bool:
        try:
            enqueue(subject=f"roster:{number}", organization_id=1)
        except TooManyActiveJobs as error:
            assert "at most 3" in error.sentence
            return False
        return True

    assert sum(in_parallel(20, start)) == 3
    assert enqueue(subject="roster:other", organization_id=2).status == Status.QUEUED
    run_job(JobRun.objects.filter(organization_id=1)[0].pk)
    assert enqueue(subject="roster:next", organization_id=1).status == Status.QUEUED


def test_the_same_subject_may_run_again_once_the_first_has_ended(enqueue: Enqueue) -> None:
    services.cancel(enqueue(subject="roster:1"))
    assert enqueue(subject="roster:1").status == Status.QUEUED


def test_a_slower_first_attempt_never_overwrites_the_second_ones_result(enqueue: Enqueue) -> None:
    job = enqueue("test.rivals", params={})
    ended = run_job(job.pk, worker="first")
    assert ended is not None
    assert (ended.status, ended.attempt, ended.result) == (Status.SUCCEEDED, 2, {"attempt": 2})
    assert [group.name for group in Group.objects.all()] == ["written by attempt 2"]
    assert list(job.attempts.values_list("number", "outcome")) == [(1, Outcome.LOST), (2, Outcome.SUCCEEDED)]


def test_an_attempt_that_lost_its_lease_can_neither_report_nor_write(enqueue: Enqueue) -> None:
    job = enqueue()
    first = lifecycle.claim(job.pk, worker="w1")
    assert first is not None
    pulse = Pulse(first.pk, first.attempt)
    context = JobContext(view_of(first), pulse)
    expire_lease(job)
    assert lifecycle.claim(job.pk, worker="w2") is not None
    for write in (context.checkpoint, context.publish):
        with pytest.raises(LeaseLost):
            write(lambda: {"never": "written"})
    time.sleep(0.1)
    context.report(progress=90, message="from the past")
    with pytest.raises(LeaseLost):
        context.should_stop()
    job.refresh_from_db()
    assert (job.progress, job.message, job.worker, job.result) == (0, "", "w2", None)


def test_a_handler_whose_connection_is_cut_goes_on_and_publishes_once(enqueue: Enqueue) -> None:
    job = enqueue("test.cut_off")
    run_on_thread(job).join(timeout=30)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.result) == (Status.SUCCEEDED, 1, {"tries": 2})
    assert list(Group.objects.values_list("name", flat=True)) == ["final"]


def test_an_end_whose_connection_is_cut_as_the_domain_is_told_is_written_again_with_it(enqueue: Enqueue) -> None:
    job = enqueue("test.told", params={"cut": True})
    run_on_thread(job).join(timeout=30)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.tell_at) == (Status.SUCCEEDED, 1, None)
    assert list(Group.objects.values_list("name", flat=True)) == [f"{job.pk} succeeded"]


def test_a_live_lease_is_not_claimed_by_a_redelivered_message(enqueue: Enqueue) -> None:
    job = enqueue()
    assert lifecycle.claim(job.pk, worker="w1") is not None
    assert lifecycle.claim(job.pk, worker="w2") is None


def test_cancelling_a_running_job_ends_it_and_publishes_nothing(enqueue: Enqueue) -> None:
    job = enqueue("test.search", params={"seconds": 60})
    thread = run_on_thread(job)
    wait("it reports", lambda: JobRun.objects.get().progress > 0, every=0.02)
    services.cancel(job)
    thread.join(timeout=10)
    job.refresh_from_db()
    assert (job.status, job.result) == (Status.CANCELLED, None)
    assert not Group.objects.exists()


def test_stop_and_keep_publishes_the_best_so_far(enqueue: Enqueue) -> None:
    job = enqueue("test.search", params={"seconds": 60})
    thread = run_on_thread(job)
    wait("it reports", lambda: JobRun.objects.get().progress > 0, every=0.02)
    services.stop(job)
    thread.join(timeout=10)
    job.refresh_from_db()
    assert (job.status, job.progress) == (Status.SUCCEEDED, 100)
    assert job.result is not None and job.result["best"] == job.objective
    assert job.completed_at is not None and job.started_at is not None
    assert (job.completed_at - job.started_at).total_seconds() < 30
    assert Group.objects.count() == 1


def test_a_worker_shutting_down_hands_its_job_back_without_costing_an_attempt(enqueue: Enqueue) -> None:
    job = enqueue("test.search", params={"seconds": 60})
    left = job.attempts_left
    thread = run_on_thread(job)
    wait("it reports", lambda: JobRun.objects.get().progress > 0, every=0.02)
    assert services.hand_back(worker="threaded") == 1
    thread.join(timeout=10)
    job.refresh_from_db()
    assert (job.status, job.attempts_left, job.progress, job.hand_back) == (Status.QUEUED, left, 0, False)
    assert job.attempts.get().outcome == Outcome.HANDED_BACK


def test_a_handler_that_says_nothing_for_longer_than_its_lease_keeps_the_job(
    enqueue: Enqueue, job_settings: Settings
) -> None:
    job_settings.JOBS_LEASE_SECONDS = 1
    job = enqueue("test.nap", params={"seconds": 2.5})
    thread = run_on_thread(job)
    wait("it runs", lambda: JobRun.objects.get().status == Status.RUNNING, every=0.02)
    rivals = 0
    while thread.is_alive():
        rivals += lifecycle.claim(job.pk, worker="rival") is not None
        time.sleep(0.05)
    job.refresh_from_db()
    assert (rivals, job.status, job.attempt) == (0, Status.SUCCEEDED, 1)


def test_progress_in_the_row_never_falls_even_when_a_handler_reports_less(enqueue: Enqueue) -> None:
    job = enqueue("test.zigzag", params={})
    thread = run_on_thread(job)
    seen = []
    while thread.is_alive():
        seen.append(JobRun.objects.get().progress)
        time.sleep(0.01)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


def test_progress_is_visible_while_the_handler_sits_in_a_transaction(enqueue: Enqueue) -> None:
    job = enqueue("test.in_transaction", params={})
    thread = run_on_thread(job)
    wait("it is inside", lambda: JobRun.objects.get().message == "inside", every=0.02)
    assert thread.is_alive()
    assert not Group.objects.exists()
    services.stop(job)
    thread.join(timeout=10)
    assert Group.objects.exists()


def test_claim_and_cancel_at_once_leave_a_cancelled_job_that_never_ran_or_one_asked_to_give_up(
    enqueue: Enqueue,
) -> None:
    for number in range(10):
        job = enqueue(subject=f"roster:{number}")

        def cancel(job: JobRun = job) -> JobRun:
            return services.cancel(job)

        def claim(job: JobRun = job) -> JobRun | None:
            return lifecycle.claim_next(job.pk, worker="w1")

        both: list[Callable[[], JobRun | None]] = [claim, cancel]
        claimed, _ = in_parallel(2, lambda which: both[which]())  # noqa: B023  called before the loop goes on
        job.refresh_from_db()
        if claimed is None:
            assert (job.status, job.attempt) == (Status.CANCELLED, 0)
        else:
            assert (job.status, job.attempt, job.control) == (Status.RUNNING, 1, "cancel")
            expire_lease(job)
            sweep()


def test_publish_and_cancel_at_once_end_in_exactly_one_of_the_two(enqueue: Enqueue) -> None:
    for number in range(10):
        job = enqueue(subject=f"roster:{number}")
        claimed = lifecycle.claim(job.pk, worker="w1")
        assert claimed is not None
        context = JobContext(view_of(claimed), Pulse(claimed.pk, claimed.attempt))

        def publish(job: JobRun = job, context: JobContext = context) -> str:
            try:
                context.publish(lambda: {"group": Group.objects.create(name=str(job.pk)).pk})
            except JobCancelled:
                return "gave up"
            return "published"

        def cancel(job: JobRun = job) -> str:
            try:
                services.cancel(job)
            except Exception as error:
                return str(error)
            return "asked"

        both: list[Callable[[], str]] = [publish, cancel]
        outcome = in_parallel(2, lambda which: both[which]())  # noqa: B023  called before the loop goes on
        job.refresh_from_db()
        written = Group.objects.filter(name=str(job.pk)).exists()
        if outcome[0] == "published":
            assert written and job.status == Status.SUCCEEDED and "already ended" in outcome[1]
        else:
            assert not written and job.status == Status.RUNNING and outcome[1] == "asked"


def test_the_chart_holds_improvements_and_stays_small(enqueue: Enqueue) -> None:
    job = run_job(enqueue("test.many_points", params={}).pk)
    assert job is not None
    assert 50 < len(job.history) <= 200
    seconds = [point[0] for point in job.history]
    objectives = [point[1] for point in job.history]
    assert seconds == sorted(seconds)
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[0] == 5000 and objectives[-1] == 1
