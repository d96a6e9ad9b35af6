"""The dashboard's headline figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, DateField, ExpressionWrapper, F, Max, Q, Sum, Value
from django.utils import timezone

from rostering.models import Availability, Certification, Organization, Shift, Site, Staff
from rostering.selectors.dates import Dates, shifts_in
from rostering.selectors.expiry import current_certifications
from rostering.selectors.periods import Period, today


def dashboard_metrics(organization: Organization) -> dict[str, Any]:
    """Counts of staff, shifts, sites, certifications and availability; nine queries.

    A shift is assigned when people are published for all its places; `fill_rate` is in percent of places.
    """
    return {
        "employees": _employees(organization),
        "shifts": _shifts(organization),
        "sites": {"total": Site.objects.owned_by(organization).filter(active=True).count()},
        "certifications": _certifications(organization),
        "availability": {"total_records": Availability.objects.owned_by(organization).count()},
    }


def _employees(organization: Organization) -> dict[str, int]:
    counted = Staff.objects.owned_by(organization).aggregate(
        total=Count("*"), active=Count("pk", filter=Q(active=True))
    )
    return {**counted, "inactive": counted["total"] - counted["active"]}


def _shifts(organization: Organization) -> dict[str, Any]:
    # Only columns of the indexes shift_by_start and shift_short: reading the table's own pages takes far longer.
    shifts = Shift.objects.owned_by(organization).order_by()
    counted = shifts.aggregate(
        total=Count("*"),
        places=Sum("headcount"),
        upcoming=Count("organization", filter=Q(starts_at__gte=timezone.now())),
    )
    short = shifts.filter(published_people__lt=F("headcount")).aggregate(
        shifts=Count("*"), open=Sum(F("headcount") - F("published_people"))
    )
    week = Dates.of(Period.week_of(organization, today(organization)))
    places = counted["places"] or 0
    return {
        "total": counted["total"],
        "upcoming": counted["upcoming"],
        "assigned": counted["total"] - short["shifts"],
        "unassigned": short["shifts"],
        "this_week": shifts_in(week).count(),
        "fill_rate": percent(places - (short["open"] or 0), places),
    }


def _certifications(organization: Organization) -> dict[str, int]:
    day = today(organization)
    warned = ExpressionWrapper(Value(day, DateField()) + F("certification__warn_days"), output_field=DateField())
    kinds = Certification.objects.owned_by(organization)
    longest = day + timedelta(days=kinds.aggregate(days=Max("warn_days"))["days"] or 0)
    # The range first, from an index: whether it was renewed is then asked of few certifications.
    running_out = current_certifications(organization).filter(expires__lte=longest).filter(expires__lte=warned)
    counted: dict[str, int] = running_out.aggregate(
        expiring_soon=Count("pk", filter=Q(expires__gte=day)), expired=Count("pk", filter=Q(expires__lt=day))
    )
    return counted


def percent(part: float | None, whole: float | None) -> float:
    """Percent with one decimal; 0 of nothing."""
    return round(100 * (part or 0) / whole, 1) if whole else 0.0
