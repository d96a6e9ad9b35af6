"""Contracts, their rules and what overtime costs."""

from __future__ import annotations

from rest_framework import serializers

from rostering.api.serializers.base import OwnedSerializer
from rostering.models import Contract, OvertimeTier, Rule
from rostering.models.contracts import RULE_COLUMNS


class OvertimeTierSerializer(OwnedSerializer[OvertimeTier]):
    """Beyond so many paid minutes a week, wages rise by a percentage."""

    class Meta:
        model = OvertimeTier
        fields = ["id", "organization", "contract", "after_minutes", "premium_percent"]
        read_only_fields = ["organization"]


class RuleSerializer(OwnedSerializer[Rule]):
    """One rule, with what it says in plain English."""

    sentence = serializers.CharField(read_only=True)

    class Meta:
        model = Rule
        fields = ["id", "organization", "contract", "kind", *RULE_COLUMNS, "sentence"]
        read_only_fields = ["organization"]


class ContractSerializer(OwnedSerializer[Contract]):
    """A kind of employment; rules and tiers are changed at their own endpoints."""

    rules = RuleSerializer(many=True, read_only=True)
    overtime_tiers = OvertimeTierSerializer(many=True, read_only=True)

    class Meta:
        model = Contract
        fields = [
            "id",
            "organization",
            "name",
            "weekly_minutes",
            "sunday_premium_percent",
            "holiday_premium_percent",
            "rules",
            "overtime_tiers",
        ]
        read_only_fields = ["organization"]
