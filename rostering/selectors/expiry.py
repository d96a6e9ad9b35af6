"""Certifications that run out, and the published shifts they would uncover.

A certification is valid from the first instant of the day it was issued to the last of the day it expires, in the
organization's zone: the same span as the roster's certification rule uses, so that an alert never says otherwise than
the roster does. Spans of the same kind that touch are one. A shift is uncovered when they do not hold all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from rostering.models import Assignment, Organization, Roster, Shift, ShiftType, Site, StaffCertification

WITHIN_DAYS = 90
"""How far ahead certifications are said to run out, where nobody asks for other days."""
EXPIRED_DAYS = 30
"""For how long a certification that has run out is still told of."""
SHIFTS_NAMED = 3


def current_certifications(organization: Organization, today: date | None = None) -> QuerySet[StaffCertification]:
    """Certifications of people who work here today, each kind once: those that a later one has replaced are left out.

    Of people who leave, those that outlast their employment are left out too: nobody needs to renew them.
    """
    day = today or timezone.now().astimezone(organization.tz).date()
    held: QuerySet[StaffCertification] = _held(organization, day).filter(~Exists(_later()))
    return held


def expiring(
    organization: Organization,
    *,
    now: datetime | None = None,
    within_days: int = WITHIN_DAYS,
    expired_days: int = EXPIRED_DAYS,
) -> QuerySet[Any]:
    """Certifications that run out within so many days or did so many days ago, and are not renewed; one query.

    `uncovered` counts the person's published future shifts that ask for the kind and are not covered any more once
    it has run out, and `first_uncovered` names the first of them (see `first_shifts`). A certification with a later
    renewal that leaves days between is in only if shifts lie in them.
    """
    moment = now or timezone.now()
    today = moment.astimezone(organization.tz).date()
    rows = uncovering(organization, now=moment).filter(
        expires__gte=today - timedelta(days=expired_days), expires__lte=today + timedelta(days=within_days)
    )
    return rows.order_by("expires", "staff__last_name", "staff__first_name", "pk")


def uncovering(organization: Organization, *, now: datetime) -> QuerySet[Any]:
    """All certifications that run out some day without a renewal that follows at once, with what that uncovers."""
    zone = organization.time_zone
    seamless = _later().filter(issued__lte=OuterRef("expires") + Value(timedelta(days=1)))
    work = _uncovered_work(organization, now)
    count = work.order_by().values("staff").annotate(number=Count("pk")).values("number")
    rows = _held(organization, now.astimezone(organization.tz).date()).filter(~Exists(seamless), expires__isnull=False)
    return (
        rows.annotate(
            runs_out_at=_runs_out(F("expires"), zone),
            uncovered=Coalesce(Subquery(count, output_field=IntegerField()), 0),
            first_uncovered=ArraySubquery(work.order_by("starts_at", "shift_id").values("shift_id")[:SHIFTS_NAMED]),
        )
        .filter(~Exists(_later()) | Q(uncovered__gt=0))
        .select_related("staff__user", "certification")
    )


def first_shifts(rows: Iterable[Any]) -> dict[int, list[Shift]]:
    """The first shifts that each certification uncovers, by its id, with site and type at hand; one query."""
    named = {row.pk: row.first_uncovered for row in rows}
    found = Shift.objects.select_related("site__organization", "shift_type").in_bulk(
        {shift for shifts in named.values() for shift in shifts}
    )
    return {pk: [found[shift] for shift in shifts if shift in found] for pk, shifts in named.items()}


def _held(organization: Organization, today: date) -> QuerySet[StaffCertification]:
    stays = Q(staff__employed_until=None) | (
        Q(staff__employed_until__gte=today)
        & (Q(expires=None) | Q(expires__lt=F("staff__employed_until")) | Q(expires__lt=today))
    )
    held: QuerySet[StaffCertification] = StaffCertification.objects.owned_by(organization).filter(
        stays, staff__active=True
    )
    return held


def _later() -> QuerySet[StaffCertification]:
    """What the person holds of the same kind that lasts longer; of two that end together the later record."""
    rows: QuerySet[StaffCertification] = StaffCertification.objects.filter(
        Q(expires=None) | Q(expires__gt=OuterRef("expires")) | Q(expires=OuterRef("expires"), pk__gt=OuterRef("pk")),
        staff=OuterRef("staff"),
        certification=OuterRef("certification"),
    ).exclude(pk=OuterRef("pk"))
    return rows


def _uncovered_work(organization: Organization, now: datetime) -> QuerySet[Assignment]:
    """Published assignments that begin after `now`, ask for the kind of the outer certification, end after that has
    run out and before another of the kind does, and are not covered by all that the person holds of it."""
    zone = organization.time_zone
    kind = OuterRef("certification")
    same = StaffCertification.objects.filter(staff=OuterRef("staff"), certification=OuterRef(kind))
    spans = (
        same.order_by()
        .values("staff")
        .annotate(
            spans=Func(
                Func(_begins(F("issued"), zone), _runs_out(F("expires"), zone), function="tstzrange"),
                function="range_agg",
            )
        )
    )
    nearer = same.annotate(ended=_runs_out(F("expires"), zone)).filter(
        expires__gt=OuterRef(OuterRef("expires")), ended__lt=OuterRef("ends_at")
    )
    worked = Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField())
    covered = Func(
        worked,
        Subquery(spans.values("spans"), output_field=DateTimeRangeField()),
        template="(%(expressions)s)",
        arg_joiner=" <@ ",
        output_field=BooleanField(),
    )
    work: QuerySet[Assignment] = Assignment.objects.owned_by(organization).filter(
        _asked(kind),
        ~Exists(nearer),
        staff=OuterRef("staff"),
        state=Roster.Status.PUBLISHED,
        starts_at__gte=now,
        ends_at__gt=_runs_out(OuterRef("expires"), zone),
    )
    return work.alias(covered=covered).filter(covered=False)


def _asked(kind: OuterRef) -> Q:
    """The assignment's site, shift type or shift requires the certification."""
    through: list[tuple[Any, str, str]] = [
        (Shift, "shift_id", "shift_id"),
        (Site, "site_id", "shift__site_id"),
        (ShiftType, "shifttype_id", "shift__shift_type_id"),
    ]
    asked = Q()
    for model, column, path in through:
        rows = model.required_certifications.through.objects
        asked |= Q(Exists(rows.filter(**{column: OuterRef(path)}, certification=OuterRef(kind))))
    return asked


def _begins(day: Any, zone: str) -> Func:
    return _instant(day, zone, "timezone(%(expressions)s::timestamp)")


def _runs_out(day: Any, zone: str) -> Func:
    """The instant after the last of a certification's last valid day; NULL, which ranges read as never, without one."""
    return _instant(day, zone, "timezone(%(expressions)s::timestamp + interval '1 day')")


def _instant(day: Any, zone: str, template: str) -> Func:
    return Func(Value(zone), ExpressionWrapper(day, DateTimeField()), template=template, output_field=DateTimeField())
