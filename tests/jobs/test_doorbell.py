"""The broker may be gone or hang: accepting a job neither fails nor waits for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from celery import current_app
from django.db import transaction

from jobs import doorbell
from jobs.models import JobRun
from jobs.states import Status
from jobs.sweeper import sweep
from tests.jobs.conftest import Enqueue

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def broker_at(port: int) -> Iterator[None]:
    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = f"redis://127.0.0.1:{port}/0"
    try:
        yield
    finally:
        current_app.conf.broker_write_url = before


@contextmanager
def closed_port() -> Iterator[int]:
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield int(reserved.getsockname()[1])


@contextmanager
def hung_broker() -> Iterator[int]:
    """Takes connections and never says a word."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("broken", [closed_port, hung_broker])
def test_a_job_is_accepted_without_a_broker_and_rung_for_once_it_is_back(broken: object, enqueue: Enqueue) -> None:
    assert callable(broken)
    with broken() as port, broker_at(port):
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
    with hung_broker() as port, broker_at(port):
        assert doorbell.ring(enqueue("test.search").pk, "solve") is False
        assert doorbell.breaker.is_open()
        began = time.monotonic()
        for _ in range(50):
            enqueue()
        assert time.monotonic() - began < 50 * 0.4
    assert JobRun.objects.filter(status=Status.QUEUED).count() == 51
