"""The short form, for every run of the tests: the faults that matter most, on one installation with short intervals.

`make chaos` has each of them alone, with default settings and with bounds on the time that recovery takes.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.client import Client
from tests.chaos.messages import send_again
from tests.chaos.stack import Stack
from tests.chaos.steps import (
    SHORT,
    accepted,
    await_attempt,
    await_no_cbc,
    open_for_business,
    small,
    solve,
    state,
    worker_of,
)
from tests.waiting import wait

pytestmark = pytest.mark.xdist_group("chaos")

Installation = tuple[Stack, Client]


@pytest.fixture(scope="module")
def installation(ground: Path, template: Path) -> Iterator[Installation]:
    """A web server and two workers that both tests share."""
    folder = ground / "short"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with Stack(folder, template=template, settings=SHORT) as stack:
        web, _ = open_for_business(stack, "first", "second")
        yield stack, web


def test_a_job_survives_a_kill_and_a_shutdown_and_heeds_a_cancel(installation: Installation) -> None:
    stack, web = installation
    job = solve(stack, web, seconds=60)
    worker_of(stack, job).kill()
    await_no_cbc(stack)
    await_attempt(stack, job, 2)
    wait("CBC is at work again", stack.cbc)
    third = stack.begin_worker("third")
    stack.await_worker(third)
    left = stack.one("SELECT attempts_left FROM jobs_jobrun WHERE id = %s", job)
    leaving = worker_of(stack, job)
    leaving.process.send_signal(signal.SIGTERM)
    await_attempt(stack, job, 3)
    assert stack.one("SELECT attempts_left FROM jobs_jobrun WHERE id = %s", job) == left
    wait("CBC is at work once more", stack.cbc)
    assert web.cancel(job).status == 200
    wait("it is cancelled", lambda: state(stack, job) == "cancelled")
    await_no_cbc(stack)
    leaving.process.wait(timeout=30)
    assert audit(stack, [job]) == "1 cancelled; attempts: 1 lost, 1 handed back, 1 cancelled"


def test_jobs_are_accepted_without_a_broker_and_done_once_whatever_it_delivers(installation: Installation) -> None:
    stack, web = installation
    stack.broker.kill()
    jobs = [accepted(small(web, 0))]
    stack.broker.start()
    stack.broker.freeze()
    jobs.append(accepted(small(web, 1)))
    stack.broker.thaw()
    jobs += [accepted(small(web, number)) for number in range(2, 5)]
    send_again(stack, jobs, times=5)
    settle(stack)
    wait("all messages are read", lambda: stack.redis().llen("solve") == 0)
    assert {state(stack, job) for job in jobs} == {"succeeded"}
    assert stack.one("SELECT max(attempt) FROM jobs_jobrun WHERE id = ANY (%s)", jobs) == 1
    audit(stack, jobs)
