"""Counting the use of features: noted in memory while requests are answered, written together seconds later.

A request only adds to a dictionary. A thread of its own writes what has gathered, in one statement, and whatever goes
wrong there is logged and forgotten: figures about use are not worth an error page, nor a wait.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Min
from django.utils import timezone

from analytics.features import VISIT
from analytics.models import DailySalt, FeatureUse
from rostering.models import Organization

log = logging.getLogger(__name__)

FLUSH_SECONDS = 10.0
"""How long counts wait in memory; a process that is killed loses at most this much."""
MOST_KEYS = 5000
"""So many different counts wait at most; what comes beyond is not counted."""
STATEMENT_MILLISECONDS = 2000
KEPT_DAYS = 90
"""Use is kept so long; the daily metrics made of it stay."""
SALT_KEPT_DAYS = 2
"""Every zone has left a date behind two days later."""


class _Key(NamedTuple):
    organization_id: int
    day: date
    feature: str
    user_id: int


class UsageRecorder:
    """What one process has counted and not yet written. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[_Key, int] = {}
        self._timer: threading.Timer | None = None

    def note(self, *, organization: Organization, user_id: int, features: Iterable[str] = ()) -> None:
        """Count a visit of the person on the organization's date of now, and one use of each feature."""
        day = timezone.now().astimezone(organization.tz).date()
        with self._lock:
            for feature in (VISIT, *features):
                key = _Key(organization.pk, day, feature, user_id)
                if key in self._waiting or len(self._waiting) < MOST_KEYS:
                    self._waiting[key] = self._waiting.get(key, 0) + 1
            if self._timer is None and settings.USAGE_WRITE_IN_BACKGROUND:
                self._timer = threading.Timer(FLUSH_SECONDS, self._flush_in_thread)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> int:
        """Write what waits; the number of rows touched. An error is logged, and what waited is lost."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return 0
        try:
            return _write(waiting)
        except Exception:
            log.warning("%d counts of feature use could not be written and are lost.", len(waiting), exc_info=True)
            return 0

    def _flush_in_thread(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        finally:
            connections.close_all()  # this thread's own


recorder = UsageRecorder()
"""The process's own."""


def actor_of(salt: bytes, organization_id: int, user_id: int) -> str:
    """The pseudonym of a person on one day in one organization."""
    message = f"{organization_id}:{user_id}".encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()[:16]


def prune_usage() -> int:
    """Delete the salts of days that have ended and use older than `KEPT_DAYS`; the number of rows of use deleted."""
    today = timezone.now().date()
    with transaction.atomic():
        DailySalt.objects.filter(day__lt=today - timedelta(days=SALT_KEPT_DAYS)).delete()
        deleted, _ = FeatureUse.objects.filter(day__lt=kept_since()).delete()
    return deleted


def kept_since() -> date:
    """The first day whose use, and whose jobs, are certainly still there to be counted again."""
    return timezone.now().date() - timedelta(days=KEPT_DAYS)


def recorded_since() -> date | None:
    """The first day on which this installation recorded any use; None when it never has."""
    found: date | None = FeatureUse.objects.aggregate(first=Min("day"))["first"]
    return found


def _write(waiting: dict[_Key, int]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS:d}")
        salts = _salts({key.day for key in waiting})
        rows = [
            (key.organization_id, key.day, key.feature, actor_of(salts[key.day], key.organization_id, key.user_id), n)
            for key, n in waiting.items()
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        # In order, so that two processes never wait for each other; joined, for an organization may be gone.
        cursor.execute(
            "INSERT INTO analytics_feature_use AS known (organization_id, day, feature, actor, times)"
            " SELECT given.* FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::int[])"
            " AS given (organization_id, day, feature, actor, times)"
            " JOIN rostering_organization ON rostering_organization.id = given.organization_id ORDER BY 1, 2, 3, 4"
            " ON CONFLICT (organization_id, day, feature, actor) DO UPDATE SET times = known.times + EXCLUDED.times",
            columns,
        )
        return int(cursor.rowcount)


def _salts(days: set[date]) -> dict[date, bytes]:
    """The salts of these days, made when missing; every process gets the same."""
    DailySalt.objects.bulk_create(
        [DailySalt(day=day, salt=secrets.token_bytes(32)) for day in sorted(days)], ignore_conflicts=True
    )
    return {row.day: bytes(row.salt) for row in DailySalt.objects.filter(day__in=days)}
