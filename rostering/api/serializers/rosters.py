"""Rosters, who works in them, and what stays open."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from rostering.api.fields import IdField
from rostering.api.serializers.base import OwnedSerializer
from rostering.days import check_day
from rostering.models import Assignment, Gap, Roster
from rostering.models.rosters import MAX_ROSTER_DAYS
from rostering.solver.remedy import KINDS

FIGURES = [
    "solver_status",
    "objective",
    "bound",
    "gap",
    "solve_seconds",
    "coverage",
    "places",
    "filled",
    "cost",
    "hours",
]


class RosterSerializer(OwnedSerializer[Roster]):
    """A plan for a period and some sites. Figures are the solver's; `coverage` in percent, `cost` in currency."""

    gap = serializers.FloatField(read_only=True, allow_null=True, help_text="Percent the objective can still fall.")
    cost = serializers.SerializerMethodField()
    hours = serializers.SerializerMethodField()

    class Meta:
        model = Roster
        fields = [
            "id",
            "organization",
            "name",
            "start_date",
            "end_date",
            "sites",
            "status",
            "algorithm",
            "time_limit_seconds",
            "seed",
            "budget",
            "base",
            "job",
            *FIGURES,
            "created_by",
            "created_at",
            "published_by",
            "published_at",
        ]
        read_only_fields = [
            "organization",
            "status",
            "algorithm",
            "job",
            *FIGURES,
            "created_by",
            "created_at",
            "published_by",
            "published_at",
        ]

    def get_cost(self, roster: Roster) -> float:
        return roster.cost_cents / 100

    def get_hours(self, roster: Roster) -> float:
        return round(roster.paid_minutes / 60, 2)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period of at most 92 days, as generating has it."""
        attrs = super().validate(attrs)
        start = attrs.get("start_date") or self.instance.start_date  # type: ignore[union-attr]
        end = attrs.get("end_date") or self.instance.end_date  # type: ignore[union-attr]
        if (end - start).days >= MAX_ROSTER_DAYS:
            raise serializers.ValidationError({"end_date": f"A roster covers at most {MAX_ROSTER_DAYS} days."})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Roster:
        """An empty draft to fill by hand."""
        return super().create({**validated_data, "created_by": self.context["request"].user})


class AssignmentSerializer(OwnedSerializer[Assignment]):
    """A person on a shift in a roster. `services.assignments` judges every change; this checks the ids only."""

    staff_name = serializers.CharField(source="staff.name", read_only=True)
    site = serializers.IntegerField(source="shift.site_id", read_only=True)
    shift_type_code = serializers.CharField(source="shift.shift_type.code", read_only=True)

    class Meta:
        model = Assignment
        fields = [
            "id",
            "organization",
            "roster",
            "shift",
            "staff",
            "staff_name",
            "site",
            "shift_type_code",
            "starts_at",
            "ends_at",
            "state",
            "pinned",
            "source",
            "cost_cents",
            "override_reason",
        ]
        read_only_fields = ["organization", "starts_at", "ends_at", "state", "source", "cost_cents"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nothing here: rules, overlaps and drafts are the service's to judge."""
        return attrs


class ReasonSerializer(serializers.Serializer[dict[str, Any]]):
    """A rule, and everybody whom it is the first to rule out; the counts of a gap add up to all staff."""

    rule = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the rule's, not the field's
    count = serializers.IntegerField()
    staff = serializers.ListField(child=serializers.IntegerField())
    sentence = serializers.CharField()


class MissSerializer(serializers.Serializer[dict[str, Any]]):
    """Somebody with one objection only."""

    staff = serializers.IntegerField()
    rule = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # likewise
    sentence = serializers.CharField()


class MoveSerializer(serializers.Serializer[dict[str, Any]]):
    """A person on a shift."""

    staff = serializers.IntegerField()
    shift = serializers.IntegerField()


class RemedySerializer(serializers.Serializer[dict[str, Any]]):
    """One change that fills one place, verified by solving again; whatever else moves is in `gains` and `losses`."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="From the smallest kind of change to the largest.")
    sentence = serializers.CharField(help_text="What changes, who takes the place, and who else moves.")
    headline = serializers.CharField(help_text="What changes, alone.")
    staff = serializers.IntegerField(allow_null=True, help_text="Who takes the place.")
    size = serializers.FloatField(
        help_text="Compares remedies of a kind: points, cents, share of a limit, days, hours, certifications."
    )
    points = serializers.FloatField(help_text="Rise of the objective, the place's own cost included.")
    cents = serializers.IntegerField(help_text="Rise of the wages.")
    gains = MoveSerializer(many=True)
    losses = MoveSerializer(many=True)
    also = serializers.IntegerField(help_text="Other open shifts that the same change fills too, each by itself.")


class RemediesAskedSerializer(serializers.Serializer[dict[str, Any]]):
    """A shift of the roster with open places."""

    shift_id = IdField()


class GapSerializer(serializers.ModelSerializer[Gap]):
    """A shift with open places, the rule that rules each person out, and what would fill one of the places.

    `remedies` has the smallest change first, and is null when nobody has looked; `remedies_thorough` tells whether
    smaller ones were looked for and refuted.
    """

    reasons = ReasonSerializer(many=True, read_only=True)
    nearest = MissSerializer(many=True, read_only=True)
    remedies = RemedySerializer(many=True, read_only=True, allow_null=True)

    site = serializers.IntegerField(source="shift.site_id", read_only=True)
    site_name = serializers.CharField(source="shift.site.name", read_only=True)
    shift_type_code = serializers.CharField(source="shift.shift_type.code", read_only=True)
    starts_at = serializers.DateTimeField(source="shift.starts_at", read_only=True)
    ends_at = serializers.DateTimeField(source="shift.ends_at", read_only=True)
    headcount = serializers.IntegerField(source="shift.headcount", read_only=True)

    class Meta:
        model = Gap
        fields = [
            "shift",
            "site",
            "site_name",
            "shift_type_code",
            "starts_at",
            "ends_at",
            "headcount",
            "short",
            "reasons",
            "nearest",
            "remedies",
            "remedies_thorough",
        ]
        read_only_fields = fields


class GenerateSerializer(serializers.Serializer[dict[str, Any]]):
    """What to generate. `org_id` and `user_id` of older clients must be the caller's own and decide nothing."""

    start_date = serializers.DateField(validators=[check_day])
    end_date = serializers.DateField(validators=[check_day])
    site_ids = serializers.ListField(
        child=IdField(), required=False, allow_null=True, max_length=2000, help_text="Null or an empty list: all."
    )
    algorithm = serializers.CharField(
        default="production", initial="production", help_text="production, milp, fast or auto."
    )
    time_limit_seconds = serializers.IntegerField(required=False, allow_null=True)
    budget_limit = serializers.DecimalField(
        max_digits=12, decimal_places=2, required=False, allow_null=True, help_text="In the organization's currency."
    )
    base_roster_id = IdField(required=False, allow_null=True, help_text="A roster to stay close to.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    seed = serializers.IntegerField(default=1, initial=1, min_value=0, max_value=2**31 - 1)
    user_id = serializers.JSONField(required=False, allow_null=True, write_only=True)
    org_id = serializers.JSONField(required=False, allow_null=True, write_only=True)


class ReoptimizeSerializer(serializers.Serializer[dict[str, Any]]):
    """How to improve a roster."""

    time_limit_seconds = serializers.IntegerField(required=False, allow_null=True)
    algorithm = serializers.CharField(required=False, allow_blank=True)


class PublishSerializer(serializers.Serializer[dict[str, Any]]):
    """`replace` archives published rosters of the same shifts."""

    replace = serializers.BooleanField(default=False)


class PairSerializer(serializers.Serializer[dict[str, Any]]):
    """One person on one shift."""

    shift_id = IdField()
    employee_id = IdField()


class ConfirmSerializer(serializers.Serializer[dict[str, Any]]):
    """A roster to publish, or assignments to publish as a roster of their own."""

    roster_id = IdField(required=False)
    assignments = PairSerializer(many=True, required=False)
    replace = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two."""
        if ("roster_id" in attrs) == ("assignments" in attrs):
            raise serializers.ValidationError({"detail": "Send either a roster_id or a list of assignments."})
        return attrs


class ConfirmedSerializer(serializers.Serializer[dict[str, Any]]):
    """What was published."""

    success = serializers.BooleanField()
    confirmed_shifts = serializers.IntegerField()
    total_assignments = serializers.IntegerField()


class ScoreMatchSerializer(serializers.Serializer[dict[str, Any]]):
    """One place where a rule costs points."""

    sentence = serializers.CharField()
    cost = serializers.FloatField(help_text="Points; 0 for a broken required rule.")
    units = serializers.FloatField(help_text="By how much: minutes, days, shifts, places, cents.")
    staff = serializers.IntegerField(allow_null=True)
    shifts = serializers.ListField(child=serializers.IntegerField())


class ScoreRuleSerializer(serializers.Serializer[dict[str, Any]]):
    """What one rule costs; `points` over all `count` matches, of which the largest are listed."""

    rule = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the rule's, not the field's
    required = serializers.BooleanField()  # type: ignore[assignment]  # likewise
    weights = serializers.ListField(
        child=serializers.FloatField(), help_text="Points for each unit, as contracts differ; empty for required rules."
    )
    unit = serializers.CharField(help_text="What a weight is for.")
    meanings = serializers.ListField(child=serializers.CharField(), help_text="The rules behind it, in sentences.")
    points = serializers.FloatField()
    cents = serializers.IntegerField()
    count = serializers.IntegerField()
    matches = ScoreMatchSerializer(many=True)


class ScoreSerializer(serializers.Serializer[dict[str, Any]]):
    """A roster's objective, rule by rule."""

    roster_id = serializers.IntegerField()
    objective = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField(allow_null=True, help_text="Percent the objective can still fall.")
    rules = ScoreRuleSerializer(many=True)
