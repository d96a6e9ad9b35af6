"""What a Celery worker's main process does for jobs beside running them: it shows that it is alive, sweeps on its own,
kills a process of its pool that hangs in a job, and gives its jobs back when it is told to shut down.

It sweeps by itself because the beat's sweep waits in line behind long work when all of a worker's processes are busy.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from typing import Any

from billiard.process import current_process
from celery.signals import worker_init, worker_process_init, worker_ready, worker_shutdown, worker_shutting_down
from django.db import connection
from django.db.models.functions import Now

from jobs import conf, services, sweeper, watchdog
from jobs.models import WorkerPulse
from jobs.states import Outcome

logger = logging.getLogger(__name__)


class _Worker:
    """The main process's own facts; pool children inherit `name` when they are forked."""

    def __init__(self) -> None:
        self.name = ""
        self.concurrency = 1
        self.queues = ""
        self.leaving = threading.Event()
        self.consumer: Any = None

    def pool_processes(self) -> set[int]:
        """The process ids of the pool at this moment; none where the pool is not made of processes."""
        pool = getattr(self.consumer, "pool", None)
        return set(pool.info.get("processes", ())) if pool is not None else set()


_this = _Worker()


def identity() -> str:
    """Which worker runs this process: host and the main process's number. Names the process itself outside workers."""
    return _this.name or f"{socket.gethostname()}:{os.getpid()}"


def connect() -> None:
    """Listen to the worker's own signals; called once when Django is ready."""
    worker_init.connect(on_init, dispatch_uid="jobs.worker_init")
    worker_process_init.connect(on_process_init, dispatch_uid="jobs.worker_process_init")
    worker_ready.connect(on_ready, dispatch_uid="jobs.worker_ready")
    worker_shutting_down.connect(on_shutting_down, dispatch_uid="jobs.worker_shutting_down")
    worker_shutdown.connect(on_shutdown, dispatch_uid="jobs.worker_shutdown")


def on_init(sender: Any = None, **kwargs: Any) -> None:
    """Before the pool forks: settle the name its children will write into the jobs they claim."""
    _this.name = f"{getattr(sender, 'hostname', None) or socket.gethostname()}:{os.getpid()}"
    watchdog.open_board()


def on_process_init(**kwargs: Any) -> None:
    """In a process of the pool, as it starts."""
    watchdog.take_place(getattr(current_process(), "index", None))


def on_ready(sender: Any = None, **kwargs: Any) -> None:
    """The worker takes messages: sweep at once, then keep beating and watching."""
    _this.consumer = sender
    controller = getattr(sender, "controller", None)
    _this.concurrency = int(getattr(controller, "concurrency", 1) or 1)
    app = getattr(sender, "app", None)
    _this.queues = ",".join(sorted(app.amqp.queues.consume_from)) if app is not None else ""
    threading.Thread(target=_live, name="jobs-worker-pulse", daemon=True).start()
    threading.Thread(target=_watch, name="jobs-watchdog", daemon=True).start()


def on_shutting_down(**kwargs: Any) -> None:
    """SIGTERM: ask our jobs to come back. On a thread, since this runs inside a signal handler."""
    _this.leaving.set()
    threading.Thread(target=_hand_back, name="jobs-hand-back", daemon=True).start()


def on_shutdown(**kwargs: Any) -> None:
    """Gone: no longer counted as alive."""
    _this.leaving.set()
    try:
        WorkerPulse.objects.filter(name=identity()).delete()
    except Exception:
        logger.warning("Could not sign off worker %s", identity(), exc_info=True)
    finally:
        connection.close()


def _hand_back() -> None:
    """Ask every second until the process is gone: a message already taken may still start a job."""
    while True:
        try:
            asked = services.hand_back(worker=identity())
            if asked:
                logger.info("Shutting down: %d running jobs asked to return to the queue", asked)
        except Exception:
            logger.warning("Could not hand jobs back; their leases will expire instead", exc_info=True)
        finally:
            connection.close()
        time.sleep(1)


def _live() -> None:
    """Sign of life and sweep, until the worker leaves; a database that is away is tried again next time."""
    while not _this.leaving.is_set():
        try:
            beat()
            sweeper.sweep()
        except Exception:
            logger.warning("The worker's own sweep failed; it is tried again", exc_info=True)
        finally:
            connection.close()
        _this.leaving.wait(timeout=conf.sweep_seconds())


def _watch() -> None:
    """Until the process is gone: one that hangs would otherwise hold up the shutdown, too."""
    while True:
        time.sleep(conf.poll_seconds())
        try:
            _rescue_on_a_thread(watchdog.take_off_the_dead(_this.pool_processes), Outcome.LOST)
            _rescue_on_a_thread(watchdog.kill_overdue(_this.pool_processes()), Outcome.KILLED)
        except Exception:
            logger.exception("Looking for hung processes failed; it is tried again")


def _rescue_on_a_thread(entries: list[watchdog.Entry], outcome: Outcome) -> None:
    """A database that hangs must not end the watch."""
    if entries:
        threading.Thread(target=_rescue, args=(entries, outcome), name="jobs-rescue", daemon=True).start()


def _rescue(entries: list[watchdog.Entry], outcome: Outcome) -> None:
    try:
        for entry in entries:
            sweeper.rescue(entry.job_id, entry.attempt, outcome)
    except Exception:
        logger.warning("Could not settle jobs of lost processes; their leases will expire instead", exc_info=True)
    finally:
        connection.close()


def beat() -> None:
    """Write this worker's sign of life."""
    WorkerPulse.objects.update_or_create(
        name=identity(),
        defaults={"seen_at": Now(), "concurrency": _this.concurrency, "queues": _this.queues},
    )
