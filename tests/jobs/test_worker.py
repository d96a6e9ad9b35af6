"""A real Celery worker process on the real broker: jobs end to end, killed, told to leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from jobs import health, services
from jobs.models import JobRun
from jobs.states import Outcome, Status
from jobs.sweeper import sweep
from tests.jobs import broker
from tests.jobs.conftest import Enqueue

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
INTERVALS = {
    "JOBS_LEASE_SECONDS": 3,
    "JOBS_HEARTBEAT_SECONDS": 0.5,
    "JOBS_POLL_SECONDS": 0.2,
    "JOBS_REPORT_SECONDS": 0.1,
    "JOBS_SWEEP_SECONDS": 1,
    "JOBS_RING_AGAIN_SECONDS": 1,
    "JOBS_BACKOFF_SECONDS": 0.2,
}

StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(process_environment: dict[str, str], own_broker: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers in process groups of their own; whatever is left of them at the end is killed."""
    broker.empty()
    environment = {
        **process_environment,
        "PYTHONPATH": os.pathsep.join([str(ROOT), process_environment.get("PYTHONPATH", "")]),
        "MUSTER_TEST_JOBS": json.dumps({"settings": INTERVALS, "prefix": own_broker}),
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        command = [sys.executable, "-m", "tests.jobs.worker_main", "--queues=default,solve", "--concurrency=2"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        kill_group(process)
    for log in tmp_path.glob("worker-*.log"):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` for the worker and its pool children, as a machine that lost power would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)


@contextmanager
def within(seconds: float, what: str) -> Iterator[Callable[[bool], bool]]:
    deadline = time.monotonic() + seconds

    def go_on(done: bool) -> bool:
        if done:
            return False
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)
        return True

    yield go_on


def wait(what: str, done: Callable[[], bool], seconds: float = 60) -> None:
    with within(seconds, what) as go_on:
        while go_on(done()):
            pass


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
    with within(90, "both solves end") as go_on:
        while go_on({status(job) for job in jobs} == {Status.SUCCEEDED}):
            together |= all(job.status == Status.RUNNING for job in jobs)
            seen.append(jobs[0].progress)
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
