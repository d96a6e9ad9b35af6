"""What `/health` says of workers and the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from jobs import health, lifecycle, worker
from jobs.models import JobRun, WorkerPulse
from tests.jobs import broker
from tests.jobs.conftest import Enqueue, expire_lease

pytestmark = pytest.mark.django_db


def test_without_a_sign_of_life_the_workers_are_down() -> None:
    WorkerPulse.objects.create(name="silent", seen_at=Now() - timedelta(minutes=5))
    assert health.workers() == {"status": "down", "alive": 0, "processes": 0, "names": []}


def test_a_worker_that_beats_is_alive() -> None:
    worker.beat()
    worker.beat()
    figures = health.workers()
    assert (figures["status"], figures["alive"], figures["names"]) == ("healthy", 1, [worker.identity()])


def test_the_queue_counts_what_waits_runs_and_fell_silent(enqueue: Enqueue) -> None:
    enqueue()
    enqueue(delay=timedelta(hours=1))
    lost = enqueue()
    lifecycle.claim(lost.pk, worker="w1")
    expire_lease(lost)
    JobRun.objects.filter(status="queued").filter(available_at__lte=Now()).update(
        available_at=Now() - timedelta(seconds=90)
    )
    figures = health.queue()
    assert (figures["queued"], figures["running"], figures["expired_leases"]) == (2, 1, 1)
    assert 89 <= figures["oldest_queued_seconds"] <= 120


def test_the_figures_do_not_need_the_broker(enqueue: Enqueue) -> None:
    with broker.closed_port() as port, broker.at(port):
        assert health.queue()["queued"] == 0
        assert health.workers()["status"] == "down"
