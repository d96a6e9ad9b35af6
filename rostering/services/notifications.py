"""What people do with their notifications, and when old ones go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.db.models.functions import Now

from rostering.models import Notification

KEPT_DAYS = 800
"""Longer than from the earliest alert day to the end of being told of what has expired: else what is forgotten would be
sent again."""


def mark_read(*, rows: QuerySet[Any], by: AbstractBaseUser | AnonymousUser) -> int:
    """Mark those of the rows that are addressed to the user as read; how many became so."""
    return int(rows.filter(user_id=by.pk, read_at=None).update(read_at=Now())) if by.pk else 0


def forget_old(*, days: int = KEPT_DAYS) -> int:
    """Delete notifications older than so many days that wait for nothing; how many."""
    old = Notification.objects.filter(created_at__lt=Now() - timedelta(days=days))
    return int(old.exclude(delivery=Notification.Delivery.PENDING).delete()[0])
