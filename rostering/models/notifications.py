"""What was told to whom, in the back office and by e-mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from rostering.models.base import OwnedModel
from rostering.models.staff import Staff


class Notification(OwnedModel):
    """What was told to whom; the key makes telling it twice impossible.

    `user` is whom it is addressed to, `staff` whom it is about (with no user, also whom it is addressed to). The row is
    the outbox too: `services.mailing` sends what is pending. While one sender has the row, `claimed_until` is in the
    future; `mail` names the message it goes out with, the same on every try whose outcome is unknown.
    """

    class Delivery(models.TextChoices):
        NONE = "none", "Back office only"
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not delivered"
        DROPPED = "dropped", "No longer needed"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    key = models.CharField(max_length=200)
    data: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    delivery = models.CharField("e-mail", max_length=8, choices=Delivery, default=Delivery.NONE)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, help_text="Why the last try to send it failed.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="notification_once"),
            models.CheckConstraint(
                condition=~Q(delivery="sent") | Q(sent_at__isnull=False), name="notification_sent_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(delivery="pending"), name="notification_pending"),
            models.Index(fields=["user", "organization"], condition=Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def overdue(self) -> bool:
        """Whether a try to send it has failed and none has succeeded since."""
        return self.delivery == self.Delivery.FAILED or (self.delivery == self.Delivery.PENDING and bool(self.error))
