"""`manage.py calculate_health_scores`: score every customer now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from analytics.services.health_scores import score, scored_organizations


class Command(BaseCommand):
    """Replaces the score of the present half day."""

    help = "Calculate the health score of every active organization now."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a customer."""
        for organization in scored_organizations():
            found = score(organization)
            shown = "" if found.score is None else f"{found.score:.1f}, "
            self.stdout.write(f"{organization.slug}: {shown}{found.get_status_display().lower()}")
