"""Figures about workers and the queue for `/health`. From PostgreSQL alone, so a dead broker cannot make it hang."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from jobs import conf
from jobs.models import JobRun, WorkerPulse
from jobs.states import Status


def workers() -> dict[str, Any]:
    """Workers that showed a sign of life lately: `{status, alive, processes, names}`."""
    alive = WorkerPulse.objects.filter(seen_at__gte=Now() - timedelta(seconds=conf.worker_silent_seconds()))
    names = list(alive.values_list("name", flat=True))
    processes = alive.aggregate(total=Sum("concurrency"))["total"] or 0
    return {"status": "healthy" if names else "down", "alive": len(names), "processes": processes, "names": names}


def queue() -> dict[str, Any]:
    """The queue: `{queued, running, oldest_queued_seconds, expired_leases}`; delayed jobs count once they are due."""
    now = timezone.now()
    figures = JobRun.objects.filter(status__in=[Status.QUEUED, Status.RUNNING]).aggregate(
        queued=Count("pk", filter=Q(status=Status.QUEUED)),
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        oldest=Min("available_at", filter=Q(status=Status.QUEUED, available_at__lte=Now())),
        expired=Count("pk", filter=Q(status=Status.RUNNING, lease_expires_at__lt=Now())),
    )
    oldest = figures["oldest"]
    return {
        "queued": figures["queued"],
        "running": figures["running"],
        "oldest_queued_seconds": round(max(0.0, (now - oldest).total_seconds()), 1) if oldest else 0.0,
        "expired_leases": figures["expired"],
    }
