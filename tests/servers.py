"""The environment the tests run in: PostgreSQL and Valkey of this run's own, unless DATABASE_URL names others."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "muster-test-"
A_DAY_SECONDS = 24 * 3600


def prepare_environment() -> None:
    """Point the settings at a fresh data directory, which goes away, servers and all, when the run ends.

    Under pytest-xdist the controller makes the directory and the workers, which inherit its environment, share the
    servers: each worker has a database and a Redis database number of its own.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["MUSTER_HTTPS"] = "false"
    os.environ.pop("MUSTER_DEMO", None)
    os.environ.pop("DEBUG", None)
    if os.environ.get("DATABASE_URL"):
        os.environ.setdefault("SECRET_KEY", "only-for-tests")
        return
    if not worker:
        _remove_leftovers()
        data_dir = tempfile.mkdtemp(prefix=PREFIX)
        # Runs after the servers have stopped: what is registered first runs last.
        atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
        os.environ["MUSTER_DATA_DIR"] = data_dir
        os.environ["MUSTER_DURABLE"] = "false"
    os.environ["REDIS_DB"] = worker.removeprefix("gw") or "0"


def _remove_leftovers() -> None:
    """Remove what runs that were killed left behind; no run takes a day."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - directory.lstat().st_mtime > A_DAY_SECONDS:
            shutil.rmtree(directory, ignore_errors=True)
