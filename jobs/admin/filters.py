"""Filters of the jobs list; what they offer is what the user may see."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.utils import parse_datetime_str

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


class MomentFilter(RangeDateTimeFilter):
    """From and to a moment, in the time zone that the page shows; a date without a time means the whole day.

    The theme's own takes what is typed for the installation's zone, and ignores a date without a time.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {"gte": self._moment("from", time.min), "lte": self._moment("to", time.max)}
        known = {f"{self.parameter_name}__{bound}": moment for bound, moment in bounds.items() if moment is not None}
        return queryset.filter(**known)

    def _moment(self, end: str, of_day: time) -> datetime | None:
        day = str(self.used_parameters.get(f"{self.parameter_name}_{end}_0") or "").strip()
        clock = str(self.used_parameters.get(f"{self.parameter_name}_{end}_1") or "").strip()
        typed = parse_datetime_str(f"{day} {clock or '00:00'}") if day else None
        if typed is None:
            return None
        return timezone.make_aware(typed if clock else datetime.combine(typed, of_day))


class AcceptedFilter(MomentFilter):
    """When a job was accepted, under the name its column has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "time accepted"


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
