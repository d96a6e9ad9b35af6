"""Ranked replacements."""

from __future__ import annotations

from rest_framework import serializers

from rostering.services.replacements import Candidate


class CandidateSerializer(serializers.Serializer[Candidate]):
    """One person for one shift: cost in currency, rest in minutes (null: nothing near), points of preferred rules."""

    staff = serializers.IntegerField(source="staff_id")
    name = serializers.CharField()
    eligible = serializers.BooleanField(help_text="No required rule speaks against it.")
    certified = serializers.BooleanField()
    cost = serializers.SerializerMethodField(help_text="What the shift adds to the person's wages.")
    rest_before_minutes = serializers.IntegerField(allow_null=True)
    rest_after_minutes = serializers.IntegerField(allow_null=True)
    points = serializers.FloatField()
    fairness_points = serializers.FloatField()
    broken = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())

    def get_cost(self, candidate: Candidate) -> float:
        return candidate.cost_cents / 100
