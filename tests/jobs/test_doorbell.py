"""The broker may be gone or hang: accepting a job neither fails nor waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import transaction

from jobs import doorbell
from jobs.models import JobRun
from jobs.states import Status
from jobs.sweeper import sweep
from tests.jobs import broker
from tests.jobs.conftest import Enqueue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("broken", [broker.closed_port, broker.hung_port])
def test_a_job_is_accepted_without_a_broker_and_rung_for_once_it_is_back(
    broken: Callable[[], AbstractContextManager[int]], enqueue: Enqueue
) -> None:
    with broken() as port, broker.at(port):
        began = time.monotonic()
        with transaction.atomic():
            job = enqueue("test.search")
        # The defaults of the client library wait for two minutes; a loaded machine is allowed some slack.
        assert time.monotonic() - began < 5
    job.refresh_from_db()
    assert (job.status, job.rung_at) == (Status.QUEUED, None)
    doorbell.breaker.reset()
    assert sweep().rung == 1
    job.refresh_from_db()
    assert job.rung_at is not None


def test_a_burst_of_starts_asks_a_hung_broker_only_once(enqueue: Enqueue) -> None:
    with broker.hung_port() as port, broker.at(port):
        assert doorbell.ring(enqueue("test.search").pk, "solve") is False
        assert doorbell.breaker.is_open()
        began = time.monotonic()
        for _ in range(50):
            enqueue()
        assert time.monotonic() - began < 50 * 0.4
    assert JobRun.objects.filter(status=Status.QUEUED).count() == 51
