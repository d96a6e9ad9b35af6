"""Kinds of jobs that break things; Celery finds them here when `tests.chaos` is an installed app."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from django.contrib.auth.models import Group

from jobs.context import JobContext
from jobs.registry import job_kind


@job_kind("chaos.write", label="Write one row", max_attempts=3)
def write(context: JobContext) -> dict[str, Any]:
    """Works for `seconds`, then publishes one row that names job and attempt."""
    until = time.monotonic() + float(context.params.get("seconds", 0))
    while time.monotonic() < until and not context.should_stop():
        time.sleep(0.02)

    def publish() -> dict[str, Any]:
        Group.objects.create(name=f"{context.job.id} {context.job.attempt}")
        return {"attempt": context.job.attempt}

    return context.publish(publish)


@job_kind("chaos.poison", queue="solve", label="Kill the worker", max_attempts=3)
def poison(context: JobContext) -> dict[str, Any]:
    """Takes the whole worker with it, as running out of memory may."""
    context.report(progress=10, stage="poison", message="About to take the worker down.")
    os.killpg(os.getpgid(0), signal.SIGKILL)
    return {}


@job_kind("chaos.deaf", label="Hear nothing", max_attempts=3)
def deaf(context: JobContext) -> dict[str, Any]:
    """Works for `seconds` and never asks whether to stop."""
    time.sleep(float(context.params["seconds"]))
    return {}
