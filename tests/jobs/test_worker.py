"""A real Celery worker process on the real broker: jobs end to end, killed, told to leave."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django_celery_results.models import TaskResult

from jobs import doorbell, health, services
from jobs.models import JobRun
from jobs.states import FailureKind, Outcome, Status
from jobs.sweeper import sweep
from tests.jobs import broker
from tests.jobs.conftest import Enqueue
from tests.jobs.workers import Workers
from tests.processes import kill_group
from tests.waiting import wait

pytestmark = pytest.mark.django_db(transaction=True)

INTERVALS = {
    "JOBS_LEASE_SECONDS": 3,
    "JOBS_HEARTBEAT_SECONDS": 0.5,
    "JOBS_POLL_SECONDS": 0.2,
    "JOBS_REPORT_SECONDS": 0.1,
    "JOBS_SWEEP_SECONDS": 1,
    "JOBS_RING_AGAIN_SECONDS": 1,
    "JOBS_BACKOFF_SECONDS": 0.2,
    "JOBS_GRACE_SECONDS": 2,
}

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(process_environment: dict[str, str], own_broker: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers for both queues, with short intervals."""
    broker.empty()

    def start(*options: str, **settings: float) -> subprocess.Popen[bytes]:
        return workers.start("--queues=default,solve", "--concurrency=2", *options, **{**INTERVALS, **settings})

    with Workers(process_environment, prefix=own_broker, folder=tmp_path) as workers:
        yield start


def status(job: JobRun) -> str:
    job.refresh_from_db()
    return str(job.status)


def test_a_worker_runs_two_solves_side_by_side_and_their_figures_rise(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    jobs = [enqueue("test.search", subject=f"roster:{number}", params={"seconds": 6}) for number in range(2)]
    start_worker()
    seen: list[int] = []
    together = False

    def both_ended() -> bool:
        nonlocal together
        ended = {status(job) for job in jobs} == {Status.SUCCEEDED}
        if not ended:
            together |= all(job.status == Status.RUNNING for job in jobs)
            seen.append(jobs[0].progress)
        return ended

    wait("both solves end", both_ended, seconds=90)
    assert together
    assert seen == sorted(seen)
    assert len(set(seen)) > 5
    for job in jobs:
        assert (job.attempt, job.progress) == (1, 100)
        assert job.result is not None and job.result["best"] == job.objective
        assert len(job.history) > 5
    assert Group.objects.count() == 2
    assert health.workers()["alive"] == 1
    assert health.queue() == {"queued": 0, "running": 0, "oldest_queued_seconds": 0.0, "expired_leases": 0}


def test_cancel_and_stop_reach_a_real_worker(start_worker: StartWorker, enqueue: Enqueue) -> None:
    start_worker()
    doomed = enqueue("test.search", subject="roster:1", params={"seconds": 600})
    kept = enqueue("test.search", subject="roster:2", params={"seconds": 600})
    wait("both report", lambda: all(status(job) == Status.RUNNING and job.progress > 0 for job in (doomed, kept)))
    services.cancel(doomed)
    services.stop(kept)
    wait("both end", lambda: {status(doomed), status(kept)} == {Status.CANCELLED, Status.SUCCEEDED}, seconds=20)
    assert [group.name for group in Group.objects.all()] == [f"{kept.pk}-1"]


def test_a_job_whose_worker_is_killed_goes_on_elsewhere_and_writes_once(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    first = start_worker()
    job = enqueue("test.search", params={"seconds": 8})
    wait("the first worker reports", lambda: status(job) == Status.RUNNING and job.progress > 0)
    kill_group(first)
    assert status(job) == Status.RUNNING
    start_worker()
    wait("the second worker finishes it", lambda: status(job) == Status.SUCCEEDED)
    assert job.attempt == 2
    assert [group.name for group in Group.objects.all()] == [f"{job.pk}-2"]
    assert list(job.attempts.values_list("outcome", flat=True)) == [Outcome.LOST, Outcome.SUCCEEDED]


def test_a_worker_told_to_leave_hands_its_job_back_and_loses_nothing(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    first = start_worker()
    job = enqueue("test.search", params={"seconds": 5})
    wait("the worker reports", lambda: status(job) == Status.RUNNING and job.progress > 0)
    left = job.attempts_left
    first.send_signal(signal.SIGTERM)
    first.wait(timeout=30)
    assert (status(job), job.attempts_left) == (Status.QUEUED, left + 1)
    assert health.workers()["alive"] == 0
    start_worker()
    wait("another worker finishes it", lambda: status(job) == Status.SUCCEEDED)
    assert list(job.attempts.values_list("outcome", flat=True)) == [Outcome.HANDED_BACK, Outcome.SUCCEEDED]
    assert Group.objects.count() == 1


def test_jobs_whose_messages_were_all_lost_still_run(start_worker: StartWorker, enqueue: Enqueue) -> None:
    jobs = [enqueue() for _ in range(5)]
    broker.empty()
    assert sweep().rung == 0
    start_worker()
    wait("the worker's own sweep rings again", lambda: all(status(job) == Status.SUCCEEDED for job in jobs))


def test_an_infrastructure_error_is_tried_again_by_itself(start_worker: StartWorker, enqueue: Enqueue) -> None:
    start_worker()
    job = enqueue("test.flaky", params={"failures": 2})
    wait("the third attempt", lambda: status(job) == Status.SUCCEEDED)
    assert job.result == {"attempt": 3}


@pytest.mark.parametrize("way", ["lock", "stopped"])
def test_a_process_that_hangs_is_replaced_its_job_goes_on_and_its_neighbor_is_untouched(
    start_worker: StartWorker, enqueue: Enqueue, way: str
) -> None:
    start_worker()
    neighbor = enqueue("test.process", params={"seconds": 12})
    wait("the neighbor runs", lambda: status(neighbor) == Status.RUNNING)
    job = enqueue("test.hang", params={"way": way})
    wait("it hangs", lambda: status(job) == Status.RUNNING)
    hung = time.monotonic()
    wait("the job is back", lambda: status(job) == Status.SUCCEEDED, seconds=20)
    seconds = time.monotonic() - hung
    lease, sweep_pause = INTERVALS["JOBS_LEASE_SECONDS"], INTERVALS["JOBS_SWEEP_SECONDS"]
    assert seconds < 2 * (lease + sweep_pause) + 4, "twice the promise, for a machine that is busy"
    assert list(job.attempts.values_list("outcome", flat=True)) in (
        [Outcome.KILLED, Outcome.SUCCEEDED],
        [Outcome.LOST, Outcome.SUCCEEDED],  # the sweep was first
    )
    assert status(neighbor) == Status.RUNNING
    wait("the neighbor ends", lambda: status(neighbor) == Status.SUCCEEDED)
    assert neighbor.attempt == 1
    both = [enqueue("test.process", params={"seconds": 2}) for _ in range(2)]
    wait("the pool is whole again", lambda: {status(other) for other in both} == {Status.SUCCEEDED}, seconds=20)
    assert neighbor.result is not None and job.result is not None
    assert {other.result["pid"] for other in both if other.result} == {neighbor.result["pid"], job.result["pid"]}


def test_a_pool_process_that_dies_alone_costs_seconds_however_long_the_lease(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    start_worker(JOBS_LEASE_SECONDS=600)
    job = enqueue("test.hang", params={"way": "killed"})
    wait("the job is back", lambda: status(job) == Status.SUCCEEDED, seconds=30)
    assert list(job.attempts.values_list("outcome", flat=True)) == [Outcome.LOST, Outcome.SUCCEEDED]


def test_a_job_that_always_hangs_fails_with_a_reason_and_the_log_shows_where_it_hung(
    start_worker: StartWorker, enqueue: Enqueue, tmp_path: Path
) -> None:
    start_worker()
    job = enqueue("test.hang", params={"way": "lock", "times": 99})
    wait("its last attempt", lambda: status(job) == Status.FAILED, seconds=40)
    assert (job.failure_kind, job.attempt) == (FailureKind.INFRASTRUCTURE, 2)
    assert "stopped answering 2 times" in job.error
    log = (tmp_path / "worker-0.log").read_text(errors="replace")
    assert "_hold_the_interpreter" in log
    assert "Killed pool process" in log


def test_a_handler_that_does_not_hear_a_cancel_is_ended_after_its_grace(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    start_worker()
    job = enqueue("test.hang", params={"way": "deaf", "times": 99})
    wait("it runs", lambda: status(job) == Status.RUNNING)
    time.sleep(INTERVALS["JOBS_LEASE_SECONDS"] + 1)
    assert (status(job), job.attempt) == (Status.RUNNING, 1), "silent, but its heart beats"
    services.cancel(job)
    wait("it is ended", lambda: status(job) == Status.CANCELLED, seconds=20)
    assert job.attempts.get().outcome == Outcome.CANCELLED
    pair = [enqueue("test.search", params={"seconds": 600}) for _ in range(2)]
    wait("the pool is whole again", lambda: {status(other) for other in pair} == {Status.RUNNING}, seconds=20)


def test_a_worker_told_to_leave_leaves_although_one_of_its_processes_hangs(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    worker = start_worker()
    job = enqueue("test.hang", params={"way": "stopped"})
    wait("it hangs", lambda: status(job) == Status.RUNNING)
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=40)
    assert status(job) == Status.QUEUED


def test_one_worker_serves_the_single_job_of_b_before_the_rest_of_a(
    start_worker: StartWorker, enqueue: Enqueue
) -> None:
    many = [enqueue(organization_id=1) for _ in range(10)]
    single = enqueue(organization_id=2)
    start_worker("--concurrency=1")
    wait("all end", lambda: {status(job) for job in (*many, single)} == {Status.SUCCEEDED})
    order = JobRun.objects.order_by("claimed_at").values_list("organization_id", flat=True)
    assert list(order) == [1, 2, *[1] * 9]


def test_why_a_schedule_could_not_start_its_job_is_kept_for_the_admin(start_worker: StartWorker) -> None:
    start_worker()
    assert doorbell.send("jobs.start_scheduled", kwargs={"schedule": "Lost", "kind": "no.such"}, queue="default")
    wait("its failure is recorded", lambda: TaskResult.objects.filter(status="FAILURE").exists())
    row = TaskResult.objects.get()
    assert (row.task_name, "no.such" in row.traceback) == ("jobs.start_scheduled", True)


class _Trap:
    """Once unpickled, it has made a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_planted_in_the_broker_is_never_opened(
    start_worker: StartWorker, enqueue: Enqueue, tmp_path: Path
) -> None:
    trap = tmp_path / "sprung"
    broker.plant(pickle.dumps(_Trap(trap)), content_type="application/x-python-serialize")
    start_worker()
    job = enqueue()
    wait("the worker goes on", lambda: status(job) == Status.SUCCEEDED)
    assert broker.messages("default") == 0
    assert not trap.exists()
    pickle.loads(pickle.dumps(_Trap(trap)))  # noqa: S301  made here, to show that it would have sprung
    assert trap.exists(), "the trap works"
