"""django-celery-beat's scheduler without two habits that do not fit."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):
    """Sees every entry at every hour, and adds none of its own.

    The library reads only entries whose hour is within two hours of now. A beat that starts later than that after a
    missed time would not know of it before midnight, when it may be too old to run.
    """

    def _get_crontab_exclude_query(self) -> Q:
        return Q(pk__in=[])

    def install_default_entries(self, data: Any) -> None:
        """Nothing: old task results are among what `jobs.housekeeping` tidies up."""
