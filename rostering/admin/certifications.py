"""Certifications and who holds them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter
from unfold.decorators import display

from rostering.admin.base import ScopedRelatedFilter
from rostering.admin.exporting import ImportExportAdmin
from rostering.admin.formats import day, number
from rostering.models import Certification, StaffCertification
from rostering.resources import CertificationResource, StaffCertificationResource

LABELS = {"Expired": "danger", "Expires soon": "warning", "Valid": "success", "Not verified": "info"}


def standing(held: StaffCertification, today: date) -> str:
    """Where a held certification stands today, in the words of the badge."""
    if held.expires is not None and held.expires < today:
        return "Expired"
    if held.expires is not None and held.expires <= today + timedelta(days=held.certification.warn_days):
        return "Expires soon"
    return "Valid" if held.verified else "Not verified"


@admin.register(Certification)
class CertificationAdmin(ImportExportAdmin):
    """Kinds of license and skill."""

    empty_words = (
        "Licenses, trainings and languages that sites, shift types or shifts can ask for. Add them, or import a file."
    )
    resource_classes = [CertificationResource]
    list_display = ["code", "name", "kind", "validity", "warning", "blocks", "holder_count"]
    list_display_links = ["code", "name"]
    list_filter = ["kind", "blocks"]
    search_fields = ["code", "name"]
    radio_fields = {"kind": admin.HORIZONTAL}
    fieldsets = [
        (None, {"fields": [("code", "name"), "kind"]}),
        ("Validity", {"fields": [("validity_months", "warn_days"), "blocks"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certification]:
        rows: QuerySet[Certification] = super().get_queryset(request)
        return rows.annotate(held=Count("holders__staff", filter=Q(holders__staff__active=True), distinct=True))

    @display(description="Valid for", ordering="validity_months")
    def validity(self, certification: Certification) -> str:
        months = certification.validity_months
        return number(f"{months} months" if months else "no expiry")

    @display(description="Warns", ordering="warn_days")
    def warning(self, certification: Certification) -> str:
        return number(f"{certification.warn_days} days before")

    @display(description="Staff holding it", ordering="held")
    def holder_count(self, certification: Any) -> str:
        return number(certification.held)


class ExpiryFilter(RadioFilter):
    """By where the certification stands today."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("expired", "Expired"), ("30", "Expires within 30 days"), ("90", "Expires within 90 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        if self.value() == "expired":
            return queryset.filter(expires__lt=today)
        if self.value() in ("30", "90"):
            return queryset.filter(expires__gte=today, expires__lte=today + timedelta(days=int(str(self.value()))))
        return queryset


@admin.register(StaffCertification)
class StaffCertificationAdmin(ImportExportAdmin):
    """Who holds what until when."""

    empty_words = (
        "Who holds which certification, and until when. Add them here or on a person's page, or import a file."
    )
    resource_classes = [StaffCertificationResource]
    list_display = ["staff", "certification", "number", "shown_issued", "shown_expires", "shown_standing", "verified"]
    list_filter = [ExpiryFilter, ("certification", ScopedRelatedFilter), "verified", ("expires", RangeDateFilter)]
    list_select_related = ["staff", "certification", "organization"]
    search_fields = ["staff__last_name", "staff__first_name", "staff__number", "certification__code", "number"]
    autocomplete_fields = ["staff", "certification"]
    ordering = ["expires", "staff"]
    fieldsets = [(None, {"fields": [("staff", "certification"), "number", ("issued", "expires"), "verified"]})]

    @display(description="Issued", ordering="issued")
    def shown_issued(self, held: StaffCertification) -> str:
        return number(day(held.issued))

    @display(description="Last valid day", ordering="expires")
    def shown_expires(self, held: StaffCertification) -> str:
        return number(day(held.expires) if held.expires else "–")

    @display(description="Standing", label=LABELS)
    def shown_standing(self, held: StaffCertification) -> str:
        return standing(held, timezone.localdate())
