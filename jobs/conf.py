"""The intervals and caps of the job machinery; each is a Django setting of the name given here.

Read at every use, so that tests (and an operator's settings module) can shorten them.
"""

from __future__ import annotations

from django.conf import settings


def _number(name: str, default: float) -> float:
    return float(getattr(settings, name, default))


def lease_seconds() -> float:
    """How long a running job may stay silent before another worker takes it over."""
    return _number("JOBS_LEASE_SECONDS", 40)


def heartbeat_seconds() -> float:
    """How often a running job renews its lease."""
    return _number("JOBS_HEARTBEAT_SECONDS", 5)


def grace_seconds() -> float:
    """How long a handler that was told to give up may go on before its process is killed."""
    return _number("JOBS_GRACE_SECONDS", 30)


def poll_seconds() -> float:
    """How often a running job looks for cancel, stop and hand-back: the longest such a wish goes unnoticed."""
    return _number("JOBS_POLL_SECONDS", 0.5)


def report_seconds() -> float:
    """The shortest time between two progress writes of one job."""
    return _number("JOBS_REPORT_SECONDS", 0.5)


def sweep_seconds() -> float:
    """How often beat, and every worker by itself, sweeps for lost messages and expired leases."""
    return _number("JOBS_SWEEP_SECONDS", 15)


def ring_again_seconds() -> float:
    """First pause before a queued job's message is sent again; doubles up to `ring_again_max_seconds`."""
    return _number("JOBS_RING_AGAIN_SECONDS", 15)


def ring_again_max_seconds() -> float:
    """Longest pause between two messages for the same queued job."""
    return _number("JOBS_RING_AGAIN_MAX_SECONDS", 60)


def backoff_seconds() -> float:
    """Pause before the second attempt after an infrastructure error; doubles with each attempt."""
    return _number("JOBS_BACKOFF_SECONDS", 5)


def broker_timeout_seconds() -> float:
    """How long accepting a job may wait for the broker, for connecting and for each answer."""
    return _number("JOBS_BROKER_TIMEOUT_SECONDS", 0.4)


def worker_silent_seconds() -> float:
    """After this long without a sign of life a worker no longer counts as alive."""
    return _number("JOBS_WORKER_SILENT_SECONDS", 45)


def active_per_organization() -> int:
    """How many jobs of one organization may be queued or running at once."""
    return int(_number("JOBS_ACTIVE_PER_ORGANIZATION", 10))


def keep_days() -> int:
    """How many days a job that has ended is kept."""
    return int(_number("JOBS_KEEP_DAYS", 90))


def access_policy_path() -> str:
    """Dotted path of the class that says who sees and controls which jobs."""
    return str(getattr(settings, "JOBS_ACCESS_POLICY", "jobs.access.OwnJobs"))
