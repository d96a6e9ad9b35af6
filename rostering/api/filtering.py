"""Filters, search and ordering that never look beyond the caller's organization."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from rostering.api.tenancy import organization_of, visible_rows
from rostering.selectors.demand import local_midnight


class _OwnedChoices:
    model: type[models.Model]
    field_name: str

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """The organization's rows; any other is no valid choice."""
        related: Any = self.model._meta.get_field(self.field_name.split("__")[0]).related_model
        return visible_rows(related, request)


class OwnedChoiceFilter(_OwnedChoices, django_filters.ModelChoiceFilter):
    """`?site=3`."""


class OwnedChoicesFilter(_OwnedChoices, django_filters.ModelMultipleChoiceFilter):
    """`?sites=3&sites=4`: any of several."""


class OwnedFilterSet(django_filters.FilterSet):
    """Base of every filter set: filters on related rows offer the organization's own only."""

    FILTER_DEFAULTS: Mapping[Any, Any] = {
        **FILTER_FOR_DBFIELD_DEFAULTS,
        models.ForeignKey: {"filter_class": OwnedChoiceFilter},
        models.OneToOneField: {"filter_class": OwnedChoiceFilter},
        models.ManyToManyField: {"filter_class": OwnedChoicesFilter},
    }

    def by_first_day(self, queryset: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        """Rows whose instant `name` lies on this date or later, in the organization's zone."""
        return queryset.filter(**{f"{name}__gte": self._midnight(day)})

    def by_last_day(self, queryset: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        """Rows whose instant `name` lies on this date or earlier, in the organization's zone."""
        return queryset.filter(**{f"{name}__lt": self._midnight(day + timedelta(days=1))})

    def _midnight(self, day: date) -> datetime:
        organization = organization_of(self.request)
        if organization is not None:
            return local_midnight(day, organization)
        return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


class StableOrderingFilter(OrderingFilter):
    """Ordering with the primary key last, so that rows that tie never swap between two pages."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        ordered = super().filter_queryset(request, queryset, view)
        by = list(ordered.query.order_by) or list(ordered.model._meta.ordering)
        return ordered.order_by(*by, "pk")
