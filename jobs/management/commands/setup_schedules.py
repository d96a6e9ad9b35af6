"""`manage.py setup_schedules`: creates the beat entries that are missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs import schedules


class Command(BaseCommand):
    help = "Create the periodic tasks that are missing. Existing ones are never changed, so run it after every upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        created = schedules.setup()
        if not options["verbosity"]:
            return
        if created:
            self.stdout.write(f"Created: {', '.join(created)}.")
        else:
            self.stdout.write("Every schedule exists already; nothing changed.")
