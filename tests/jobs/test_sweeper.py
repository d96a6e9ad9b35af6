"""What fell through comes back, or ends with a reason."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from jobs import lifecycle, services
from jobs.models import JobRun, WorkerPulse
from jobs.runner import run_job
from jobs.states import FailureKind, Outcome, Status
from jobs.sweeper import sweep
from tests.jobs import broker
from tests.jobs.conftest import Enqueue, expire_lease
from tests.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_whose_worker_died_goes_back_to_work_with_a_reason(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    lifecycle.claim(job.pk, worker="dead")
    JobRun.objects.update(progress=70, stage="optimization")
    assert sweep().requeued == 0, "its lease is still good"
    expire_lease(job)
    assert sweep().requeued == 1
    job.refresh_from_db()
    assert (job.status, job.progress, job.stage, job.attempts_left) == (Status.QUEUED, 0, "", 1)
    assert "stopped answering" in job.message
    assert job.attempts.get().outcome == Outcome.LOST
    assert run_job(job.pk) is not None


def test_a_job_that_kills_every_worker_ends_as_a_failure_with_a_reason(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    for _ in range(2):
        assert lifecycle.claim(job.pk, worker="dead") is not None
        expire_lease(job)
        sweep()
    job.refresh_from_db()
    assert (job.status, job.failure_kind) == (Status.FAILED, FailureKind.INFRASTRUCTURE)
    assert "stopped answering 2 times" in job.error
    assert [attempt.outcome for attempt in job.attempts.all()] == [Outcome.LOST, Outcome.LOST], "what happened to each"
    assert list(job.attempts.values_list("note", flat=True))[1] == job.error
    assert lifecycle.claim(job.pk, worker="w") is None


def test_the_reason_counts_the_times_the_worker_fell_silent_and_no_other_attempts(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    for outcome, refund in [(Outcome.HANDED_BACK, True), (Outcome.INTERRUPTED, False)]:
        claimed = lifecycle.claim(job.pk, worker="w")
        assert claimed is not None
        lifecycle.requeue(claimed, message="Back.", outcome=outcome, refund=refund)
    lifecycle.claim(job.pk, worker="dead")
    expire_lease(job)
    sweep()
    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert "stopped answering once, and no attempts are left" in job.error


def test_a_cancelled_job_of_a_dead_worker_ends_cancelled_and_is_never_run_again(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    lifecycle.claim(job.pk, worker="dead")
    services.cancel(job)
    expire_lease(job)
    assert lifecycle.claim(job.pk, worker="w2") is None
    assert sweep().ended == 1
    job.refresh_from_db()
    assert job.status == Status.CANCELLED


def test_two_sweeps_at_once_settle_a_job_once(enqueue: Enqueue) -> None:
    jobs = [enqueue("test.search", subject=f"r:{number}") for number in range(10)]
    for job in jobs:
        lifecycle.claim(job.pk, worker="dead")
        expire_lease(job)
    assert sum(in_parallel(3, lambda number: sweep().requeued)) == 10
    assert all(job.attempts.get().outcome == Outcome.LOST for job in jobs)


def test_a_sweep_does_not_wait_for_a_job_that_is_being_published(enqueue: Enqueue) -> None:
    job = enqueue("test.search")
    lifecycle.claim(job.pk, worker="w1")
    expire_lease(job)
    done = threading.Event()

    def work() -> None:
        assert sweep().requeued == 0
        connection.close()
        done.set()

    with transaction.atomic():
        lifecycle.hold(job.pk, 1)
        thread = threading.Thread(target=work)
        thread.start()
        assert done.wait(timeout=10), "the sweep waited for the row"
    thread.join()


def test_a_queued_job_whose_message_was_lost_is_rung_for_again(enqueue: Enqueue) -> None:
    broker.empty()
    job = enqueue("test.search")
    assert broker.messages("solve") == 1
    broker.empty()
    assert sweep().rung == 0, "its message is fresh"
    JobRun.objects.update(rung_at=Now() - timedelta(seconds=16))
    assert sweep().rung == 1
    assert broker.messages("solve") == 1
    job.refresh_from_db()
    assert job.rings == 2
    JobRun.objects.update(rung_at=Now() - timedelta(seconds=16))
    assert sweep().rung == 0, "the pauses grow"
    JobRun.objects.update(rung_at=Now() - timedelta(seconds=61), rings=40)
    assert sweep().rung == 1, "but never beyond a minute"


def test_a_job_that_is_not_due_yet_is_left_alone(enqueue: Enqueue) -> None:
    job = enqueue(delay=timedelta(hours=1))
    assert run_job(job.pk) is None
    assert sweep().rung == 0
    JobRun.objects.update(available_at=Now())
    assert sweep().rung == 1
    assert run_job(job.pk) is not None


def make_due() -> None:
    JobRun.objects.filter(tell_at__isnull=False).update(tell_at=Now())


def test_a_domain_that_could_not_be_told_of_an_end_is_told_again_until_it_takes_it(enqueue: Enqueue) -> None:
    job = services.cancel(enqueue("test.told", params={"break": True}))
    job.refresh_from_db()
    ended, due = job.completed_at, job.tell_at
    assert job.status == Status.CANCELLED and due is not None
    sweep()
    job.refresh_from_db()
    assert job.tell_at == due, "not at once"
    make_due()
    assert sweep().told == 0, "it fails again"
    JobRun.objects.update(completed_at=Now() - timedelta(minutes=10))
    make_due()
    sweep()
    job.refresh_from_db()
    assert job.tell_at is not None
    pause = job.tell_at - timezone.now()
    assert timedelta(minutes=9) < pause < timedelta(minutes=11), "the pauses grow"
    JobRun.objects.update(completed_at=ended)
    Group.objects.create(name="mended")
    make_due()
    assert sweep().told == 1
    assert Group.objects.filter(name=f"{job.pk} cancelled").count() == 1
    job.refresh_from_db()
    assert (job.status, job.completed_at) == (Status.CANCELLED, ended)
    assert job.tell_at is None
    assert sweep().told == 0


def test_one_domain_that_cannot_be_told_holds_up_no_other_and_no_rescue(enqueue: Enqueue) -> None:
    for number in range(3):
        services.cancel(enqueue("test.told", subject=f"r:{number}", params={"break": True}))
    JobRun.objects.filter(subject="r:2").update(params={})
    lost = enqueue("test.search")
    lifecycle.claim(lost.pk, worker="dead")
    expire_lease(lost)
    make_due()
    swept = sweep()
    assert (swept.told, swept.requeued) == (1, 1)


def test_what_a_retry_has_taken_over_is_left_to_it(enqueue: Enqueue) -> None:
    job = services.cancel(enqueue("test.told", params={"break": True}))
    services.retry(job)
    Group.objects.create(name="mended")
    make_due()
    assert sweep().told == 1
    assert not Group.objects.filter(name__startswith=str(job.pk)).exists()
    job.refresh_from_db()
    assert job.tell_at is None


def test_workers_silent_for_a_day_are_forgotten() -> None:
    WorkerPulse.objects.create(name="old", seen_at=Now() - timedelta(days=2))
    WorkerPulse.objects.create(name="new")
    sweep()
    assert [worker.name for worker in WorkerPulse.objects.all()] == ["new"]
