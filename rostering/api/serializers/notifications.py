"""Notifications."""

from __future__ import annotations

import uuid
from typing import Any

from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Notification


class NotificationSerializer(OwnedSerializer[Notification]):
    """What was told to whom; equal keys are told once, and one without a key gets its own."""

    class Meta:
        model = Notification
        fields = [
            "id",
            "organization",
            "user",
            "staff",
            "kind",
            "subject",
            "body",
            "key",
            "created_at",
            "delivery",
            "sent_at",
            "read_at",
        ]
        read_only_fields = ["organization", "created_at", "delivery", "sent_at", "read_at"]
        extra_kwargs = {"key": {"required": False}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Supply a key where none is given."""
        if self.instance is None:
            attrs.setdefault("key", f"api:{uuid.uuid4()}")
        return super().validate(attrs)
