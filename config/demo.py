"""`python -m config.demo` (or `make demo`): the whole product on this machine, with two demo organizations.

Web, worker and beat under one supervisor, on the embedded servers unless the environment names others. Ctrl-C or
SIGTERM ends everything; the data stays.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from config.embedded import EmbeddedError, use
from config.embedded.locks import FileLock
from config.embedded.processes import tied_to_parent
from config.supervisor import Program, Supervisor

HOST = "127.0.0.1"
START_SECONDS = 90.0
POLL_SECONDS = 0.25
WORKER_PROCESSES = 2


class Stop(Exception):  # noqa: N818 - not an error: the person has had enough
    """SIGINT or SIGTERM arrived."""


def main() -> None:
    """Run the demo until it is told to stop. Exits with a sentence when it cannot start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stop)
    os.environ["MUSTER_DEMO"] = "true"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _check_port()
        django.setup()
        lock = _only_demo()
        _prepare()
        _run()
        lock.close()
    except Stop:
        print("Muster has stopped; the data is kept.", flush=True)


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    # From here on the stop is under way; a second Ctrl-C would only interrupt the tidying up.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Stop


def _check_port() -> None:
    """Refuse a port that somebody else listens on, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, settings.ENV.port))
        except OSError as problem:
            sys.exit(
                f"PORT {settings.ENV.port} cannot be used ({problem.strerror}): stop the program that listens there, "
                f"or choose another port, for example PORT={settings.ENV.port + 1} make demo"
            )


def _only_demo() -> FileLock:
    data_dir: Path = settings.ENV.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / "demo.lock")
    if not lock.try_exclusive():
        sys.exit(f"A demo on {data_dir} runs already: stop it first, or name another folder in MUSTER_DATA_DIR.")
    return lock


def _prepare() -> None:
    """Bring the database up to date, collect the static files, and fill an empty database once."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("setup_schedules", verbosity=0)
    if not apps.get_model("rostering", "Organization").objects.exists():
        print("Filling the empty database with two demo organizations ...", flush=True)
        _seed()
    connections.close_all()


def _seed() -> None:
    """In a process of its own: the solver it uses would stay in this one's memory for as long as the demo runs."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "seed_demo"]
    # Ctrl-C is for this process, which ends the other.
    tie = tied_to_parent(signal.SIGKILL)
    if subprocess.run(command, start_new_session=True, preexec_fn=tie, check=False).returncode:  # noqa: S603
        sys.exit("The demo organizations could not be made; the reason stands above.")


def _programs() -> list[Program]:
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    worker = ["worker", "-Q", "solve,default", "--pool=prefork", "-c", str(WORKER_PROCESSES), "--loglevel=INFO"]
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(settings.ENV.port)]
    return [
        Program("web", [*web, "--blocking-threads", "8", "--respawn-failed-workers", "config.wsgi:application"]),
        # A worker gives its jobs back within seconds of SIGTERM; SIGQUIT no longer waits for them.
        Program("worker", [*celery, *worker], last_resorts=(signal.SIGQUIT,)),
        Program("beat", [*celery, "beat", "--pidfile=", "--loglevel=INFO"]),
    ]


def _run() -> None:
    """Start the programs, say so once they answer, and keep them alive until `Stop`."""
    logs: Path = settings.ENV.data_dir / "log"
    logs.mkdir(exist_ok=True)
    supervisor = Supervisor(_programs(), logs=logs, environment=os.environ, cwd=settings.BASE_DIR)
    try:
        supervisor.start()
        _wait_for_health(supervisor)
        sign_ins = ", ".join(f"{name}/{password}" for name, password in settings.DEMO_SIGN_INS.items())
        print(f"Muster is ready: http://{HOST}:{settings.ENV.port}/  sign in as {sign_ins}", flush=True)
        while True:
            time.sleep(POLL_SECONDS)
            _report(supervisor)
            if settings.ENV.embedded:
                _keep_servers()
    finally:
        supervisor.stop()


def _report(supervisor: Supervisor) -> None:
    for sentence in supervisor.keep_alive():
        print(sentence, file=sys.stderr, flush=True)


def _keep_servers() -> None:
    """Start PostgreSQL and Valkey again should their keeper have been killed."""
    try:
        use(settings.ENV.data_dir, durable=settings.ENV.durable)
    except EmbeddedError as problem:
        print(problem, file=sys.stderr, flush=True)


def _wait_for_health(supervisor: Supervisor) -> None:
    """Return once the web server answers and a worker takes jobs; exit with a sentence when either takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while missing := _missing():
        if time.monotonic() > deadline:
            sys.exit(f"{missing} within {START_SECONDS:.0f} seconds; see the logs in {settings.ENV.data_dir / 'log'}")
        time.sleep(POLL_SECONDS)
        _report(supervisor)


def _missing() -> str:
    """What `/health` still lacks; empty when nothing."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{settings.ENV.port}/health", timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return "The web server did not answer"
    return "" if (health["workers"] or {}).get("alive") else "No worker reported"


if __name__ == "__main__":
    main()
