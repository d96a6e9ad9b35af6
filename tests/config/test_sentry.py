"""Errors reach Sentry from real processes, and nothing about anybody goes with them."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from config.version import version
from tests.config.commands import CHECKOUT
from tests.waiting import eventually
from tests.web import WebServer

# Stands wherever a person's data could stand.
SECRET = "Wilhelmine-Mustermann-4711"


class Sentry:
    """An HTTP server that keeps what is sent to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        keep = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                keep.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                keep.paths.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.server.server_address[1]}/7"

    def events(self) -> list[dict[str, Any]]:
        """The events in the envelopes received; each must be the envelope's only item."""
        found = []
        for body in self.bodies:
            _, kind, payload = body.rstrip(b"\n").split(b"\n")
            assert json.loads(kind)["type"] == "event"
            found.append(json.loads(payload))
        return found


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    receiver = Sentry()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def without_tables(environment: dict[str, str]) -> dict[str, str]:
    """The same servers, but a database that Muster never migrated: every page that needs it breaks."""
    url = urllib.parse.urlsplit(environment["DATABASE_URL"])
    return {**environment, "DATABASE_URL": url._replace(path="/postgres").geturl()}


def test_an_error_of_the_web_server_is_reported_without_anything_of_the_request(
    sentry: Sentry, process_environment: dict[str, str], tmp_path: Path
) -> None:
    variables = {**without_tables(process_environment), "SENTRY_DSN": sentry.dsn, "MUSTER_DATA_DIR": str(tmp_path)}
    with WebServer(variables, tmp_path / "web.log") as web:
        headers = {
            "Authorization": f"Token {SECRET}",
            "Cookie": f"sessionid={SECRET}; csrftoken={SECRET}",
            "User-Agent": SECRET,
            "X-Forwarded-For": SECRET,
            "Referer": f"http://{SECRET}/",
        }
        body = json.dumps({"username": SECRET, "password": SECRET}).encode()
        request = urllib.request.Request(
            f"{web.address}/api/v1/auth/token/?search={SECRET}",
            data=body,
            headers={**headers, "Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=30)
        assert refusal.value.code == 500
        assert eventually(lambda: bool(sentry.bodies))
    (event,) = sentry.events()
    assert sentry.paths == ["/api/7/envelope/"]
    assert [one["type"] for one in event["exception"]["values"]][-1] == "ProgrammingError"
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["lineno"] > 0
    assert event["transaction"].startswith("/api/v1/auth/token")
    assert event["release"] == f"muster@{version(CHECKOUT)}"
    assert event["request"] == {"method": "POST"}
    assert not {"user", "breadcrumbs", "extra"} & set(event)
    assert SECRET not in b"".join(sentry.bodies).decode()
    assert b'"vars"' not in b"".join(sentry.bodies)


JOBS = """
import sys
import django
django.setup()
from jobs.exceptions import JobFailed
from jobs.registry import job_kind
from jobs.runner import run_job
from jobs.services import enqueue
import sentry_sdk

SECRET = sys.argv[1]

@job_kind("test.breaks")
def breaks(context):
    name_of_a_person = SECRET
    raise ValueError(f"nobody is called {name_of_a_person}")

@job_kind("test.explains")
def explains(context):
    raise JobFailed(f"{SECRET} has no contract; add one.")

for kind in ("test.explains", "test.breaks"):
    job = enqueue(kind=kind, params={"name": SECRET})
    job = run_job(job.pk, worker="w", inline=True)
    print(job.status, job.failure_kind)
sentry_sdk.flush(5)
"""


def test_a_job_that_breaks_is_reported_by_kind_and_attempt_and_one_that_explains_itself_is_not(
    sentry: Sentry, process_environment: dict[str, str]
) -> None:
    variables = {**process_environment, "SENTRY_DSN": sentry.dsn, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", JOBS, SECRET]
    done = subprocess.run(command, cwd=CHECKOUT, env=variables, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:2] == ["failed explained", "failed error"], done.stderr
    assert SECRET in done.stderr, "the log of the process has the whole story"
    (event,) = sentry.events()
    assert event["tags"]["job_kind"] == "test.breaks"
    assert event["tags"]["job_attempt"] == "1"
    assert event["logentry"] == {"message": "Job %s (%s) attempt %d broke"}
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "breaks")
    assert SECRET not in b"".join(sentry.bodies).decode()


def test_a_task_that_breaks_in_a_worker_is_reported_by_its_name_without_its_arguments(
    sentry: Sentry, process_environment: dict[str, str], tmp_path: Path
) -> None:
    queue = f"sentry-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue, "--pool=prefork", "-c", "1"]
    current_app.send_task("jobs.run", args=[SECRET], queue=queue)
    with (tmp_path / "log").open("wb") as log:
        variables = {**process_environment, "SENTRY_DSN": sentry.dsn}
        worker = subprocess.Popen([*command, "-n", f"{queue}@%h"], cwd=CHECKOUT, env=variables, stdout=log, stderr=log)
        try:
            assert eventually(lambda: bool(sentry.bodies), seconds=60), (tmp_path / "log").read_text()
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(timeout=30)
    (event,) = sentry.events()
    assert event["transaction"] == "jobs.run"
    assert [one["type"] for one in event["exception"]["values"]] == ["ValueError"]
    assert "badly formed" in (tmp_path / "log").read_text(), "the log of the process has the message"
    assert SECRET not in b"".join(sentry.bodies).decode()


def test_without_a_dsn_nothing_of_sentry_or_prometheus_is_even_imported(process_environment: dict[str, str]) -> None:
    program = (
        "import sys, django; django.setup(); import config.urls, config.celery, config.wsgi; "
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'sentry_sdk', 'django_prometheus', 'prometheus_client'}))"
    )
    variables = {**process_environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    variables.pop("SENTRY_DSN", None)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, env=variables, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
