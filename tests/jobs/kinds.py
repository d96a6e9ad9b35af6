"""Kinds of jobs for tests; `tests/jobs/worker_main.py` gives them to a real worker too."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import kombu.exceptions
import redis.exceptions
from django.contrib.auth.models import Group
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from jobs import services
from jobs.exceptions import JobCancelled, JobFailed
from jobs.models import JobRun
from jobs.registry import job_kind
from jobs.runner import JobContext, ShouldStop, run_job


@job_kind("test.add", label="Add two numbers")
def add(context: JobContext) -> dict[str, Any]:
    context.report(progress=50, stage="adding", message="Adding.")
    return {"sum": context.params["a"] + context.params["b"]}


@job_kind("test.refuse", label="Refuse")
def refuse(context: JobContext) -> dict[str, Any]:
    raise JobFailed("There are no shifts in these dates. Create shifts first.")


@job_kind("test.break", label="Break")
def break_down(context: JobContext) -> dict[str, Any]:
    raise ValueError("secret detail")


@job_kind("test.flaky", label="Flaky", max_attempts=3)
def flaky(context: JobContext) -> dict[str, Any]:
    """The database is away in the first `failures` attempts."""
    if context.job.attempt <= context.params["failures"]:
        raise OperationalError("server closed the connection unexpectedly")
    return {"attempt": context.job.attempt}


FAULTS: dict[str, Callable[[], Exception]] = {
    "redis gone": lambda: redis.exceptions.ConnectionError("Connection refused"),
    "redis hung": lambda: redis.exceptions.TimeoutError("Timeout reading from socket"),
    "redis loading": lambda: redis.exceptions.BusyLoadingError("LOADING"),
    "redis full": lambda: redis.exceptions.OutOfMemoryError("OOM"),
    "broker gone": lambda: kombu.exceptions.OperationalError("Error 111"),
    "database gone": lambda: InterfaceError("connection already closed"),
    "connection reset": lambda: ConnectionResetError(104, "reset"),
    "network slow": lambda: TimeoutError("timed out"),
    "no name service": lambda: socket.gaierror(-3, "Temporary failure in name resolution"),
}


@job_kind("test.fault", label="Fault", max_attempts=2)
def fault(context: JobContext) -> dict[str, Any]:
    """Something under the work fails in the first attempt."""
    if context.job.attempt == 1:
        raise FAULTS[context.params["fault"]]()
    return {"attempt": context.job.attempt}


@job_kind("test.search", queue="solve", label="Search", max_attempts=2)
def search(context: JobContext) -> dict[str, Any]:
    """Improves for `seconds`; publishes a group named after the job, so that a test can count what was written."""
    seconds = float(context.params.get("seconds", 5))
    began = time.monotonic()
    best = 1000.0
    while (spent := time.monotonic() - began) < seconds:
        wish = context.should_stop()
        if wish is ShouldStop.CANCEL:
            raise JobCancelled("Cancelled while searching.")
        if wish is ShouldStop.STOP:
            break
        best *= 0.98
        share = spent / seconds
        context.report(
            progress=5 + 90 * share,
            stage="optimization",
            message="Optimizing shift assignments…",
            objective=best,
            bound=100 + 50 * share,
            gap=100 * (best - 100 - 50 * share) / best,
            coverage=90 + 10 * share,
        )
        time.sleep(0.05)

    def write() -> dict[str, Any]:
        Group.objects.create(name=f"{context.job.id}-{context.job.attempt}")
        return {"best": best, "attempt": context.job.attempt}

    return context.publish(write)


@job_kind("test.nap", label="Nap", stoppable=False)
def nap(context: JobContext) -> dict[str, Any]:
    """Says nothing for `seconds`, as a native call would."""
    time.sleep(float(context.params.get("seconds", 1)))
    return {"rested": True}


@job_kind("test.hang", label="Hang", max_attempts=2)
def hang(context: JobContext) -> dict[str, Any]:
    """Hangs, or dies, in its first `times` attempts, in the `way` asked for; then names the process it ran in."""
    if context.job.attempt <= context.params.get("times", 1):
        HANGS[context.params["way"]]()
    return {"pid": os.getpid(), "attempt": context.job.attempt}


def _hold_the_interpreter() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")  # takes for ever, and no other thread gets a turn


def _stop_the_process() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hear_nothing() -> None:
    time.sleep(600)


HANGS = {"lock": _hold_the_interpreter, "stopped": _stop_the_process, "killed": _die, "deaf": _hear_nothing}


@job_kind("test.process", label="Name the process", max_attempts=1)
def process(context: JobContext) -> dict[str, Any]:
    """Works for `seconds`, then names its process."""
    time.sleep(float(context.params["seconds"]))
    return {"pid": os.getpid()}


@job_kind("test.cancel_self")
def cancel_self(context: JobContext) -> dict[str, Any]:
    """Somebody presses cancel while the handler is about to return."""
    services.cancel(JobRun.objects.get(pk=context.job.id))
    return {"too": "late"}


def _make_group(context: JobContext) -> dict[str, Any]:
    Group.objects.create(name=str(context.job.id))
    return {"made": True}


@job_kind("test.cancel_before_publish")
def cancel_before_publish(context: JobContext) -> dict[str, Any]:
    services.cancel(JobRun.objects.get(pk=context.job.id))
    return context.publish(lambda: _make_group(context))


@job_kind("test.publish_breaks")
def publish_breaks(context: JobContext) -> dict[str, Any]:
    def write() -> dict[str, Any]:
        _make_group(context)
        raise JobFailed("A person in this roster was deleted meanwhile. Generate it again.")

    return context.publish(write)


def _told(job: JobRun) -> None:
    Group.objects.create(name=f"{job.pk} {job.status}")
    if job.params.get("break") and not Group.objects.filter(name="mended").exists():
        raise ValueError("a bug in the domain")
    if job.params.get("cut") and job.pk not in _cut:
        _cut.add(job.pk)
        _lose_the_connection()
        Group.objects.exists()


_cut: set[uuid.UUID] = set()


@job_kind("test.told", on_end=_told)
def told(context: JobContext) -> dict[str, Any]:
    return {}


@job_kind("test.rivals")
def rivals(context: JobContext) -> dict[str, Any]:
    """Loses its lease half-way to a second attempt, then tries to publish all the same."""
    if context.job.attempt == 1:
        JobRun.objects.filter(pk=context.job.id).update(lease_expires_at=Now() - timedelta(seconds=1))
        run_job(context.job.id, worker="second", inline=True)

    def write() -> dict[str, Any]:
        Group.objects.create(name=f"written by attempt {context.job.attempt}")
        return {"attempt": context.job.attempt}

    return context.publish(write)


@job_kind("test.zigzag")
def zigzag(context: JobContext) -> dict[str, Any]:
    for progress in (10, 40, 20, 60, 5, 80, -3, 999):
        context.report(progress=progress)
        time.sleep(0.12)
    return {}


@job_kind("test.in_transaction")
def in_transaction(context: JobContext) -> dict[str, Any]:
    """Reports from inside a transaction of its own, and stays there until it is told to stop."""
    with transaction.atomic():
        Group.objects.create(name="uncommitted")
        context.report(progress=10, message="inside")
        while not context.should_stop():
            time.sleep(0.02)
    return {}


@job_kind("test.many_points")
def many_points(context: JobContext) -> dict[str, Any]:
    for objective in range(5000, 0, -1):
        context.report(objective=objective, coverage=100, bound=float("-inf"))
    return {}


@job_kind("test.linked")
def linked(context: JobContext) -> dict[str, Any]:
    return {
        "message": "Roster ready.",
        "link": {"url": "/admin/rosters/42/", "label": "Open the roster"},
        "links": [{"url": "https://evil.example/"}, {"url": "javascript:alert(1)"}, "nonsense"],
        "summary": {"fill_rate": 97.5, "reasons": ["not plain"]},
    }


@job_kind("test.cut_off", max_attempts=1)
def cut_off(context: JobContext) -> dict[str, Any]:
    """Loses its connection before a write on the way, and again in the middle of the final one."""
    _lose_the_connection()
    assert not context.try_checkpoint(lambda: Group.objects.create(name="on the way"))
    tries = []

    def write() -> dict[str, Any]:
        tries.append(Group.objects.create(name="final"))
        if len(tries) == 1:
            _lose_the_connection()
            Group.objects.exists()
        return {"tries": len(tries)}

    return context.publish(write)


def _lose_the_connection() -> None:
    """As when the server is restarted: PostgreSQL ends this process's own connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
