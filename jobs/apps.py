"""The jobs app: long work as rows in PostgreSQL, woken by Celery."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from jobs import worker  # noqa: PLC0415  signal receivers need the loaded app registry

        worker.connect()
