"""Expressions over shifts and assignments that several selectors count with."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, ExpressionWrapper, F, FloatField, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Greatest, Least

from rostering.models import Roster


def paid_minutes() -> Any:
    """Paid minutes of an assignment: real minutes, clock changes included, less the unpaid break."""
    seconds = Func(F("ends_at") - F("starts_at"), function="EXTRACT", template="EXTRACT(EPOCH FROM %(expressions)s)")
    minutes = ExpressionWrapper(
        Cast(seconds, FloatField()) / Value(60.0) - F("shift__unpaid_break_minutes"), output_field=FloatField()
    )
    return Greatest(minutes, Value(0.0), output_field=FloatField())


def wage_cents() -> Any:
    """What an assignment costs, in cents: as priced when its roster was judged, else the hourly rate alone."""
    by_rate = ExpressionWrapper(
        paid_minutes() / Value(60.0) * Cast("staff__hourly_rate", FloatField()) * Value(100.0),
        output_field=FloatField(),
    )
    priced = Cast("cost_cents", FloatField())
    return Case(When(cost_cents__gt=0, then=priced), default=by_rate, output_field=FloatField())


def with_filled(shifts: QuerySet[Any], roster: Roster | None = None) -> QuerySet[Any]:
    """Shifts with `assigned` people, published ones or those of `roster`, and the places they fill as `filled`."""
    counted = Q(assignments__roster=roster) if roster is not None else Q(assignments__state=Roster.Status.PUBLISHED)
    filled = Least(F("assigned"), F("headcount"), output_field=IntegerField())
    rows: QuerySet[Any] = shifts.annotate(assigned=Count("assignments", filter=counted)).annotate(filled=filled)
    return rows
