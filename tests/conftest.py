"""What every test shares: the servers (started here, before any model is imported), and a browser if there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django
import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from tests.servers import prepare_environment
from tests.valkey import Valkey

prepare_environment()
django.setup()
settings.PASSWORD_HASHERS = ["tests.hashers.QuickHasher"]
settings.USAGE_RECORDING = False  # its thread would write into databases that tests take down

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def require(condition: object, reason: str) -> None:
    """Skip the test, with the reason, unless `condition` holds; on CI nothing may be missing, so there it fails."""
    if condition:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason} (skipped elsewhere, required on CI)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser for tests that look at pages."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    require(found, "no Chromium on this machine: apt-get install chromium")
    return Path(str(found))


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """The environment for a separate process (a worker, a web server) that shall see this test's database and Redis."""
    database = connection.settings_dict
    login = quote(str(database["USER"]), safe="")
    if database["PASSWORD"]:
        login += ":" + quote(str(database["PASSWORD"]), safe="")
    address = f"?host={quote(str(database['HOST']), safe='')}&port={database['PORT'] or 5432}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@/{database['NAME']}{address}",
        "REDIS_URL": str(settings.CACHES["default"]["LOCATION"]),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
    }


@pytest.fixture
def valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Valkey of this test's own, to kill and stop; the cache in this process uses it."""
    # Models cannot be imported before Django is set up, which this module does.
    answers: Any = import_string("rostering.cache.views.answers")
    with Valkey(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        answers.store.breaker.reset()
        answers.local.clear()
        yield server
    answers.store.breaker.reset()
    answers.local.clear()
