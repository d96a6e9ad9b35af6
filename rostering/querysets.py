"""Expressions over shifts and assignments that several selectors count with."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    Count,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least, NullIf

from rostering.models import Organization, Roster


def paid_minutes() -> Any:
    """Paid minutes of an assignment: real minutes, clock changes included, less the unpaid break."""
    # date_part counts in floating point; EXTRACT counts in numeric, which takes several times as long.
    seconds = Func(Value("epoch"), F("ends_at") - F("starts_at"), function="date_part", output_field=FloatField())
    minutes = ExpressionWrapper(seconds / Value(60.0) - F("shift__unpaid_break_minutes"), output_field=FloatField())
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
    people: Any = F("published_people")
    if roster is not None:
        people = Count("assignments", filter=Q(assignments__roster=roster))
    filled = Least(F("assigned"), F("headcount"), output_field=IntegerField())
    rows: QuerySet[Any] = shifts.annotate(assigned=people).annotate(filled=filled)
    return rows


def local_date(organization: Organization, zone: Any) -> Any:
    """The date a shift or assignment starts on in `zone`, an expression; where that is empty, in the organization's."""
    if not isinstance(zone, Value):
        zone = Coalesce(NullIf(zone, Value("")), Value(organization.time_zone))
    return Cast(Func(zone, F("starts_at"), function="timezone", output_field=DateTimeField()), DateField())
