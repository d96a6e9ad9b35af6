"""Every state, who may change it, and what each ending writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs import conf, lifecycle, schedules, services
from jobs.exceptions import JobAlreadyActive, JobNotActive, UnknownKind
from jobs.models import JobRun
from jobs.runner import NEUTRAL_SENTENCE, run_job
from jobs.states import FailureKind, Outcome, Status
from jobs.sweeper import sweep
from jobs.wording import advice, sentence
from tests.jobs import kinds
from tests.jobs.conftest import Enqueue, expire_lease

pytestmark = pytest.mark.django_db


def test_an_accepted_job_waits_and_then_succeeds_with_its_result(enqueue: Enqueue) -> None:
    job = enqueue(params={"a": 2, "b": 3})
    assert (job.status, job.api_status, job.attempt) == (Status.QUEUED, "PENDING", 0)
    done = run_job(job.pk, worker="w1", inline=True)
    assert done is not None
    assert (done.status, done.api_status, done.progress) == (Status.SUCCEEDED, "SUCCESS", 100)
    assert done.result == {"sum": 5}
    assert done.started_at is not None and done.completed_at is not None
    assert done.completed_at >= done.started_at
    attempt = done.attempts.get()
    assert (attempt.number, attempt.worker, attempt.outcome) == (1, "w1", Outcome.SUCCEEDED)


def test_a_claimed_job_reads_started_and_a_reporting_one_progress(enqueue: Enqueue) -> None:
    job = enqueue()
    claimed = lifecycle.claim(job.pk, worker="w1")
    assert claimed is not None and claimed.api_status == "STARTED"
    claimed.progress = 3
    assert claimed.api_status == "PROGRESS"


def test_what_the_domain_explains_is_a_failure_with_that_sentence_and_no_second_attempt(enqueue: Enqueue) -> None:
    job = run_job(enqueue("test.refuse").pk, inline=True)
    assert job is not None
    assert (job.status, job.failure_kind) == (Status.FAILED, FailureKind.EXPLAINED)
    assert job.error == "There are no shifts in these dates. Create shifts first."
    assert job.error_detail == ""
    assert run_job(job.pk, inline=True) is None


def test_a_bug_reads_as_a_neutral_sentence_and_keeps_its_traceback_for_staff(enqueue: Enqueue) -> None:
    job = run_job(enqueue("test.break").pk, inline=True)
    assert job is not None
    assert (job.status, job.failure_kind, job.error) == (Status.FAILED, FailureKind.ERROR, NEUTRAL_SENTENCE)
    assert "ValueError: secret detail" in job.error_detail
    assert "secret" not in sentence(job) + advice(job)


def test_an_infrastructure_error_is_tried_again_with_growing_pauses(enqueue: Enqueue) -> None:
    job = enqueue("test.flaky", params={"failures": 2})
    first = run_job(job.pk, inline=True)
    assert first is not None
    assert (first.status, first.attempts_left) == (Status.QUEUED, 2)
    assert first.available_at > first.queued_at
    assert run_job(job.pk, inline=True) is None, "the pause is over too early"
    for _ in range(2):
        JobRun.objects.update(available_at=first.queued_at)
        last = run_job(job.pk, inline=True)
    assert last is not None and last.result == {"attempt": 3}
    outcomes = list(last.attempts.values_list("outcome", flat=True))
    assert outcomes == [Outcome.INTERRUPTED, Outcome.INTERRUPTED, Outcome.SUCCEEDED]


def test_only_infrastructure_errors_lengthen_the_pause_and_are_counted(enqueue: Enqueue) -> None:
    job = enqueue("test.flaky", params={"failures": 99})
    for _ in range(6):
        claimed = lifecycle.claim(job.pk, worker="leaving")
        assert claimed is not None
        lifecycle.requeue(claimed, message="Handed back.", outcome=Outcome.HANDED_BACK, refund=True)
    before = timezone.now()
    row = run_job(job.pk, inline=True)
    assert row is not None and row.attempt == 7
    assert row.available_at - before < timedelta(seconds=2 * conf.backoff_seconds()), "the first pause is the shortest"
    while row is not None and row.status == Status.QUEUED:
        JobRun.objects.update(available_at=job.queued_at)
        row = run_job(job.pk, inline=True)
    assert row is not None and "did not answer (3 times)" in row.error


@pytest.mark.parametrize("fault", kinds.FAULTS)
def test_whatever_fails_under_the_work_is_tried_again(enqueue: Enqueue, fault: str) -> None:
    job = run_job(enqueue("test.fault", params={"fault": fault}).pk, inline=True)
    assert job is not None
    assert (job.status, job.attempts.get().outcome) == (Status.QUEUED, Outcome.INTERRUPTED)
    JobRun.objects.update(available_at=job.queued_at)
    again = run_job(job.pk, inline=True)
    assert again is not None and again.result == {"attempt": 2}


def test_a_poison_job_ends_as_a_failure_with_a_reason_after_its_last_attempt(enqueue: Enqueue) -> None:
    job = enqueue("test.flaky", params={"failures": 99})
    for _ in range(5):
        run_job(job.pk, inline=True)
        JobRun.objects.update(available_at=job.queued_at)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.failure_kind) == (Status.FAILED, 3, FailureKind.INFRASTRUCTURE)
    assert "did not answer (3 times)" in job.error
    assert "server closed the connection" in job.error_detail


def test_an_unknown_kind_is_refused_and_leaves_no_row() -> None:
    with pytest.raises(UnknownKind, match=r"test\.nothing"):
        services.enqueue(kind="test.nothing")
    assert not JobRun.objects.exists()


def test_a_row_of_a_kind_this_installation_lost_fails_with_a_sentence(enqueue: Enqueue) -> None:
    job = enqueue()
    JobRun.objects.update(kind="test.gone")
    gone = run_job(job.pk, inline=True)
    assert gone is not None and gone.status == Status.FAILED and "test.gone" in gone.error


def test_nothing_is_accepted_when_the_callers_transaction_rolls_back(enqueue: Enqueue) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue()
        raise RuntimeError
    assert not JobRun.objects.exists()


def test_a_queued_job_cancels_at_once_and_never_runs(enqueue: Enqueue, alice: User) -> None:
    job = services.cancel(enqueue(), alice)
    assert (job.status, job.api_status, job.controlled_by_id) == (Status.CANCELLED, "CANCELLED", alice.pk)
    assert job.completed_at is not None
    assert run_job(job.pk, inline=True) is None


@pytest.mark.parametrize("kind", ["test.add", "test.refuse"])
def test_a_finished_job_can_be_neither_cancelled_nor_stopped(enqueue: Enqueue, kind: str) -> None:
    job = run_job(enqueue(kind).pk, inline=True)
    assert job is not None
    for action in (services.cancel, services.stop):
        with pytest.raises(JobNotActive, match="already ended"):
            action(job)


def test_a_queued_job_cannot_be_stopped_since_it_has_nothing_to_keep(enqueue: Enqueue) -> None:
    with pytest.raises(JobNotActive, match="Cancel it instead"):
        services.stop(enqueue())


def test_a_kind_that_cannot_keep_half_its_work_cannot_be_stopped(enqueue: Enqueue) -> None:
    job = enqueue("test.nap")
    lifecycle.claim(job.pk, worker="w1")
    with pytest.raises(JobNotActive, match="cannot be stopped"):
        services.stop(job)


def test_a_job_being_cancelled_cannot_be_turned_into_stop_and_keep(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    lifecycle.claim(job.pk, worker="w1")
    services.cancel(job)
    with pytest.raises(JobNotActive, match="will not be kept"):
        services.stop(job)


def test_a_job_stopped_can_still_be_cancelled(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    lifecycle.claim(job.pk, worker="w1")
    services.stop(job)
    assert services.cancel(job).control == "cancel"


def test_a_wish_to_stop_and_keep_is_lost_with_what_there_was_to_keep(enqueue: Enqueue, alice: User) -> None:
    job = enqueue("test.search", params={"seconds": 0})
    lifecycle.claim(job.pk, worker="dead")
    services.stop(job, alice)
    expire_lease(job)
    sweep()
    job.refresh_from_db()
    assert (job.status, job.control) == (Status.QUEUED, "")
    assert "the wish to stop and keep it" in job.message
    done = run_job(job.pk, inline=True)
    assert done is not None and done.status == Status.SUCCEEDED


def test_a_retry_of_a_schedules_job_stays_with_its_schedule(db: None) -> None:
    old = services.enqueue_slot(schedule="Nightly", slot="2026-03-10T00:30", kind="test.refuse")
    assert old is not None
    run_job(old.pk, inline=True)
    new = services.retry(old)
    assert (new.schedule, new.retry_of_id) == ("Nightly", old.pk)
    assert schedules.last_runs(["Nightly"]) == {"Nightly": new}


def test_a_cancel_while_the_handler_returns_wins_over_its_result(enqueue: Enqueue) -> None:
    job = enqueue("test.cancel_self")
    ended = run_job(job.pk, inline=True)
    assert ended is not None
    assert (ended.status, ended.result) == (Status.CANCELLED, None)


def test_a_cancel_just_before_publish_leaves_nothing_written(enqueue: Enqueue) -> None:
    ended = run_job(enqueue("test.cancel_before_publish").pk, inline=True)
    assert ended is not None and ended.status == Status.CANCELLED
    assert not Group.objects.exists()


def test_a_publish_that_raises_writes_nothing_and_the_job_fails(enqueue: Enqueue) -> None:
    ended = run_job(enqueue("test.publish_breaks").pk, inline=True)
    assert ended is not None and ended.status == Status.FAILED
    assert not Group.objects.exists()


def test_retry_makes_a_new_job_that_names_the_old_one(enqueue: Enqueue, alice: User) -> None:
    old = run_job(enqueue("test.refuse", subject="roster:1", organization_id=7, params={"x": 1}).pk, inline=True)
    assert old is not None
    new = services.retry(old, alice)
    assert new.pk != old.pk
    assert (new.retry_of_id, new.status, new.kind, new.subject) == (old.pk, Status.QUEUED, old.kind, old.subject)
    assert (new.organization_id, new.params, new.requested_by_id) == (7, {"x": 1}, alice.pk)
    old.refresh_from_db()
    assert old.status == Status.FAILED


def test_only_a_failed_or_cancelled_job_can_be_retried(enqueue: Enqueue) -> None:
    queued = enqueue()
    with pytest.raises(JobNotActive, match="not ended"):
        services.retry(queued)
    run_job(queued.pk, inline=True)
    with pytest.raises(JobNotActive, match="succeeded"):
        services.retry(queued)


def test_a_job_has_at_most_one_active_retry(enqueue: Enqueue) -> None:
    old = services.cancel(enqueue())
    first = services.retry(old)
    with pytest.raises(JobAlreadyActive) as refused:
        services.retry(old)
    assert refused.value.job == first
    run_job(first.pk, inline=True)


def test_the_domain_is_told_of_every_end_and_its_errors_change_nothing(enqueue: Enqueue) -> None:
    job = run_job(enqueue("test.told", params={}).pk, inline=True)
    assert job is not None and job.status == Status.SUCCEEDED
    assert Group.objects.get().name == f"{job.pk} succeeded"
    broken = services.cancel(enqueue("test.told", params={"break": True}))
    assert broken.status == Status.CANCELLED
    assert Group.objects.count() == 1


def test_the_database_refuses_a_running_job_without_a_lease(enqueue: Enqueue) -> None:
    enqueue()
    with pytest.raises(IntegrityError, match="jobs_running_has_a_lease"), transaction.atomic():
        JobRun.objects.update(status=Status.RUNNING)


def test_the_database_refuses_an_ended_job_without_an_end(enqueue: Enqueue) -> None:
    enqueue()
    with pytest.raises(IntegrityError, match="jobs_final_has_an_end"), transaction.atomic():
        JobRun.objects.update(status=Status.SUCCEEDED)
