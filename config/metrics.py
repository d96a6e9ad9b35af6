"""`/metrics` for Prometheus: requests (django-prometheus), and jobs, workers and servers as the database tells.

Mounted only where `MUSTER_METRICS` is on, and answered only to who shows `METRICS_TOKEN`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import prometheus_client
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.middleware import PrometheusAfterMiddleware
from prometheus_client import CollectorRegistry, Metric, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from analytics.liveness import DEGRADED, HEALTHY, liveness
from config.shared_counts import VARIABLE
from jobs import monitoring

RECENTLY = timedelta(hours=1)
STATUS_NUMBERS = {HEALTHY: 2, DEGRADED: 1}


class RequestMetrics(PrometheusAfterMiddleware):
    """Counts requests by view, method and status; a method that a stranger made up counts as one, not as a new one."""

    def label_metric(self, metric: Any, request: HttpRequest, response: Any = None, **labels: Any) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)


class Jobs(Collector):
    """The state of the jobs and of what runs them, read at each scrape: a fixed number of queries, all short."""

    def collect(self) -> Iterator[Metric]:
        health = liveness()
        yield _gauge("muster_health", "2 healthy, 1 degraded, 0 unhealthy", STATUS_NUMBERS.get(health["status"], 0))
        yield _gauge("muster_database_up", "Whether the database answers", int(health["database"]["connected"]))
        yield _gauge("muster_redis_up", "Whether Redis answers", int(health["redis"]["connected"]))
        if health["workers"] is None:
            return
        yield _gauge("muster_workers_alive", "Workers that show a sign of life", health["workers"]["alive"])
        yield _gauge("muster_worker_processes", "Their processes", health["workers"]["processes"])
        yield _gauge(
            "muster_jobs_expired_leases", "Running jobs whose worker fell silent", health["queue"]["expired_leases"]
        )
        if health["beat"]["seconds_ago"] is not None:
            yield _gauge("muster_beat_age_seconds", "Since beat last ran the sweep", health["beat"]["seconds_ago"])
        yield from self._queues()
        yield from self._kinds()

    def _queues(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("muster_queue_waiting", "Jobs that could start now", labels=["queue"])
        oldest = GaugeMetricFamily("muster_queue_oldest_seconds", "How long the oldest waits", labels=["queue"])
        attended = GaugeMetricFamily("muster_queue_attended", "Whether a live worker listens to it", labels=["queue"])
        for queue in monitoring.waiting_queues():
            waiting.add_metric([queue.name], queue.waiting)
            oldest.add_metric([queue.name], queue.oldest_seconds)
            attended.add_metric([queue.name], int(queue.attended))
        yield from (waiting, oldest, attended)

    def _kinds(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("muster_jobs", "Jobs kept, by kind and state", labels=["kind", "state"])
        for (kind, state), count in monitoring.jobs_by_kind_and_status().items():
            jobs.add_metric([kind, state], count)
        yield jobs
        seconds = GaugeMetricFamily(
            "muster_job_seconds",
            "Working time of jobs that succeeded within the last hour: median, 95th percentile, longest",
            labels=["kind", "quantile"],
        )
        for kind, figures in monitoring.durations(RECENTLY).items():
            for quantile, figure in zip(monitoring.QUANTILES, figures, strict=True):
                seconds.add_metric([kind, str(quantile)], figure)
        yield seconds


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format; 401 without the token."""
    shown = request.headers.get("Authorization", "")
    if not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        refusal = HttpResponse("Show METRICS_TOKEN as a bearer token.\n", status=401, content_type="text/plain")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    return HttpResponse(_requests() + _jobs(), content_type=prometheus_client.CONTENT_TYPE_LATEST)


def _requests() -> bytes:
    """What django-prometheus counted, in every process of this server."""
    if VARIABLE not in os.environ:
        return prometheus_client.generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry)


def _jobs() -> bytes:
    registry = CollectorRegistry()
    registry.register(Jobs())
    return prometheus_client.generate_latest(registry)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
