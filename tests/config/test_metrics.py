"""Metrics for Prometheus: nothing unless asked for, nothing without the token, and one truth for all processes."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.models import JobRun, WorkerPulse
from tests.waiting import eventually
from tests.web import WebServer

TOKEN = "a-token-nobody-guesses"
REQUESTS = 40
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def web(process_environment: dict[str, str], tmp_path: Path) -> Iterator[WebServer]:
    """Two processes with metrics on."""
    metrics = {"MUSTER_METRICS": "true", "METRICS_TOKEN": TOKEN, "MUSTER_DATA_DIR": str(tmp_path)}
    with WebServer({**process_environment, **metrics}, tmp_path / "web.log", processes=2) as server:
        yield server


def scrape(web: WebServer) -> Samples:
    status, text = web.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_there_are_no_metrics_unless_they_are_asked_for(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_metrics_are_for_the_token_only_and_the_same_whichever_process_answers(web: WebServer) -> None:
    assert web.get("/metrics")[0] == 401
    assert web.get("/metrics", Authorization=f"Bearer {TOKEN}x")[0] == 401
    assert web.get("/metrics", Authorization=TOKEN)[0] == 401
    for _ in range(REQUESTS):
        assert web.get("/health")[0] == 200
    counter = (
        "django_http_responses_total_by_status_view_method_total",
        frozenset({"status": "200", "view": "health", "method": "GET"}.items()),
    )
    # A connection each, so that both processes answer some of these; each must know of all forty.
    assert [scrape(web)[counter] for _ in range(8)] == [REQUESTS] * 8


def test_methods_that_strangers_make_up_make_no_metrics_of_their_own(web: WebServer) -> None:
    request = urllib.request.Request(f"{web.address}/health", method="BREW")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)
    methods = {dict(labels).get("method") for _, labels in scrape(web)}
    assert "<invalid method>" in methods
    assert "BREW" not in methods


def test_jobs_queues_and_workers_are_told_as_the_database_has_them(web: WebServer) -> None:
    now = timezone.now()
    WorkerPulse.objects.create(name="host:1", queues="default", concurrency=3, seen_at=now)
    for queue in ("solve", "solve", "default"):
        JobRun.objects.create(kind="roster.generate", queue=queue, available_at=now - timedelta(seconds=100))
    for seconds in (10, 20, 60):
        JobRun.objects.create(
            kind="roster.generate", status="succeeded", started_at=now - timedelta(seconds=seconds), completed_at=now
        )
    yesterday = now - timedelta(days=1)
    JobRun.objects.create(
        kind="roster.generate", status="succeeded", started_at=yesterday - timedelta(hours=2), completed_at=yesterday
    )
    found = scrape(web)

    def value(name: str, **labels: str) -> float:
        return found[name, frozenset(labels.items())]

    assert (value("muster_health"), value("muster_database_up"), value("muster_redis_up")) == (1, 1, 1)
    assert (value("muster_workers_alive"), value("muster_worker_processes")) == (1, 3)
    assert value("muster_jobs", kind="roster.generate", state="queued") == 3
    assert value("muster_jobs", kind="roster.generate", state="succeeded") == 4
    assert (value("muster_queue_waiting", queue="solve"), value("muster_queue_attended", queue="solve")) == (2, 0)
    assert (value("muster_queue_waiting", queue="default"), value("muster_queue_attended", queue="default")) == (1, 1)
    assert 100 <= value("muster_queue_oldest_seconds", queue="solve") < 160
    assert value("muster_job_seconds", kind="roster.generate", quantile="0.5") == pytest.approx(20, abs=0.1)
    assert value("muster_job_seconds", kind="roster.generate", quantile="1.0") == pytest.approx(60, abs=0.1)


def test_counts_of_a_server_that_has_ended_are_removed_when_the_next_one_starts(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    metrics = {"MUSTER_METRICS": "true", "METRICS_TOKEN": TOKEN, "MUSTER_DATA_DIR": str(tmp_path)}
    for _ in range(2):
        with WebServer({**process_environment, **metrics}, tmp_path / "web.log") as server:
            assert eventually(lambda: len(list((tmp_path / "metrics").iterdir())) == 1)
            assert (tmp_path / "metrics" / str(server.process.pid)).is_dir()
