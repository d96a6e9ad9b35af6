"""Sites."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from rostering.admin.base import ScopedRelatedFilter
from rostering.admin.exporting import ImportExportAdmin
from rostering.admin.formats import number
from rostering.models import Site
from rostering.resources import SiteResource


@admin.register(Site)
class SiteAdmin(ImportExportAdmin):
    """Where work is done, with what staff need to enter."""

    empty_words = "The places people work at. Add the first one, or import a file."
    resource_classes = [SiteResource]
    list_display = ["code", "name", "client_name", "zone", "needs", "home_staff_count", "shown_active"]
    list_display_links = ["code", "name"]
    list_filter = ["active", ("required_certifications", ScopedRelatedFilter)]
    list_select_related = ["organization"]
    search_fields = ["code", "name", "client_name", "address"]
    autocomplete_fields = ["required_certifications"]
    fieldsets = [
        (None, {"fields": [("code", "name"), ("client_name", "address"), ("time_zone", "active")]}),
        (
            "Who may work here",
            {
                "fields": ["required_certifications"],
                "description": "Each shift here asks for these, beside what its type and the shift itself ask for.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        rows: QuerySet[Site] = super().get_queryset(request)
        counted = Count("home_staff", filter=Q(home_staff__active=True))
        return rows.annotate(home_count=counted).prefetch_related("required_certifications")

    @display(description="Time zone", ordering="time_zone")
    def zone(self, site: Site) -> str:
        return str(site.tz)

    @display(description="Needs")
    def needs(self, site: Site) -> str:
        return ", ".join(needed.code for needed in site.required_certifications.all()) or "–"

    @display(description="Home staff", ordering="home_count")
    def home_staff_count(self, site: Any) -> str:
        return number(site.home_count)

    @display(description="Active", ordering="active", boolean=True)
    def shown_active(self, site: Site) -> bool:
        return site.active
