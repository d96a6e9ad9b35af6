"""`manage.py chaos_enqueue KIND [SECONDS]`: accepts a job that no page starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.services import enqueue


class Command(BaseCommand):
    """One job of a kind from `tests/chaos/tasks.py`."""

    help = "Accept a job of one of the chaos suite's kinds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind")
        parser.add_argument("seconds", nargs="?", type=float, default=0.0)

    def handle(self, *args: Any, **options: Any) -> None:
        job = enqueue(kind=options["kind"], params={"seconds": options["seconds"]})
        self.stdout.write(str(job.pk))
