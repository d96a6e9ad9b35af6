"""The jobs app: long work as rows in PostgreSQL, woken by Celery; its own job registers itself as it loads."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from jobs import housekeeping, worker  # noqa: F401, PLC0415  models need the loaded app registry

        worker.connect()
