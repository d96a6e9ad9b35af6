"""The dashboard's headline figures."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, DateField, ExpressionWrapper, F, Q, Sum, Value
from django.utils import timezone

from rostering.models import Availability, Organization, Shift, Site, Staff
from rostering.querysets import with_filled
from rostering.selectors.expiry import current_certifications
from rostering.selectors.periods import Period, today


def dashboard_metrics(organization: Organization) -> dict[str, Any]:
    """Counts of staff, shifts, sites, certifications and availability; five queries.

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
        total=Count("pk"), active=Count("pk", filter=Q(active=True))
    )
    return {**counted, "inactive": counted["total"] - counted["active"]}


def _shifts(organization: Organization) -> dict[str, Any]:
    now = timezone.now()
    week = Period.week_of(organization, today(organization))
    counted = with_filled(Shift.objects.owned_by(organization).order_by()).aggregate(
        total=Count("pk"),
        upcoming=Count("pk", filter=Q(starts_at__gte=now)),
        full=Count("pk", filter=Q(assigned__gte=F("headcount"))),
        this_week=Count("pk", filter=Q(starts_at__gte=week.starts_at, starts_at__lt=week.ends_at)),
        places=Sum("headcount"),
        places_filled=Sum("filled"),
    )
    return {
        "total": counted["total"],
        "upcoming": counted["upcoming"],
        "assigned": counted["full"],
        "unassigned": counted["total"] - counted["full"],
        "this_week": counted["this_week"],
        "fill_rate": percent(counted["places_filled"], counted["places"]),
    }


def _certifications(organization: Organization) -> dict[str, int]:
    day = today(organization)
    warned = ExpressionWrapper(Value(day, DateField()) + F("certification__warn_days"), output_field=DateField())
    counted: dict[str, int] = current_certifications(organization).aggregate(
        expiring_soon=Count("pk", filter=Q(expires__gte=day, expires__lte=warned)),
        expired=Count("pk", filter=Q(expires__lt=day)),
    )
    return counted


def percent(part: float | None, whole: float | None) -> float:
    """Percent with one decimal; 0 of nothing."""
    return round(100 * (part or 0) / whole, 1) if whole else 0.0
