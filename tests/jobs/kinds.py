"""Kinds of jobs for tests; `tests/jobs/worker_main.py` gives them to a real worker too."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.models import Group
from django.db import OperationalError

from jobs.exceptions import JobCancelled, JobFailed
from jobs.registry import job_kind
from jobs.runner import JobContext, ShouldStop


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
