"""Filters of the jobs list; what they offer is what the user may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from jobs import pages, selectors
from jobs.models import JobRun
from jobs.registry import all_kinds

Choices = list[tuple[str, str]]


class KindFilter(DropdownFilter):
    """The registered kinds by their labels."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return sorted(((kind.name, kind.label) for kind in all_kinds()), key=lambda choice: choice[1].lower())

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        value = self.value()
        return queryset.filter(kind=value) if value else queryset


class ScheduleFilter(DropdownFilter):
    """The schedules that started jobs."""

    title = "schedule"
    parameter_name = "schedule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, name) for name in selectors.schedule_names(user=request.user, request=request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        value = self.value()
        return queryset.filter(schedule=value) if value else queryset


class PersonFilter(DropdownFilter):
    """Who asked for a job."""

    title = "person"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(person.pk), str(person)) for person in selectors.people(user=request.user, request=request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        value = self.value()
        return queryset.filter(requested_by_id=value) if value and value.isdecimal() and len(value) < 10 else queryset


class OrganizationFilter(DropdownFilter):
    """Organizations, where the jobs of several are listed side by side."""

    title = "organization"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = pages.organization_names(request)
        return [
            *((str(pk), name) for pk, name in names.items()),
            *([("platform", "The platform itself")] if names else []),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        value = self.value()
        if value == "platform":
            return queryset.filter(organization_id__isnull=True)
        return queryset.filter(organization_id=value) if value and value.isdecimal() and len(value) < 19 else queryset
