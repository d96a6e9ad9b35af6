"""Shift types, recurring demand, and shifts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from rostering.api.fields import IdField
from rostering.api.serializers.base import OwnedSerializer
from rostering.days import check_day
from rostering.models import Shift, ShiftPattern, ShiftType


class ShiftTypeSerializer(OwnedSerializer[ShiftType]):
    """A kind of shift."""

    class Meta:
        model = ShiftType
        fields = [
            "id",
            "organization",
            "code",
            "name",
            "color",
            "tags",
            "start_time",
            "duration_minutes",
            "unpaid_break_minutes",
            "required_certifications",
        ]
        read_only_fields = ["organization"]


class ShiftPatternSerializer(OwnedSerializer[ShiftPattern]):
    """Recurring demand at a site."""

    class Meta:
        model = ShiftPattern
        fields = [
            "id",
            "organization",
            "site",
            "shift_type",
            "weekdays",
            "headcount",
            "starts_on",
            "ends_on",
            "holidays",
            "priority",
        ]
        read_only_fields = ["organization"]


class ShiftSerializer(OwnedSerializer[Shift]):
    """One shift; `assigned` counts the people published to work it."""

    site_name = serializers.CharField(source="site.name", read_only=True)
    shift_type_code = serializers.CharField(source="shift_type.code", read_only=True)
    time_zone = serializers.CharField(source="site.tz.key", read_only=True)
    assigned = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Shift
        fields = [
            "id",
            "organization",
            "site",
            "site_name",
            "shift_type",
            "shift_type_code",
            "pattern",
            "starts_at",
            "ends_at",
            "time_zone",
            "headcount",
            "assigned",
            "unpaid_break_minutes",
            "required_certifications",
            "priority",
            "unfilled_cost",
            "overfill_cost",
            "notes",
        ]
        read_only_fields = ["organization"]


class MaterializeSerializer(serializers.Serializer[dict[str, Any]]):
    """Which days to make shifts for, from all patterns or those named."""

    start = serializers.DateField(validators=[check_day])
    end = serializers.DateField(validators=[check_day])
    patterns = serializers.ListField(child=IdField(), required=False, max_length=5000)


class MaterializedSerializer(serializers.Serializer[dict[str, Any]]):
    """What materializing did."""

    created = serializers.IntegerField()
    existing = serializers.IntegerField()
