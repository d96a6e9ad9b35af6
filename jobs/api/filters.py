"""Filters of the job list."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet

from jobs.models import JobRun
from jobs.states import ApiStatus, Status

REPORTED = Q(progress__gt=0) | ~Q(stage="")
BY_WORD: dict[str, Q] = {
    ApiStatus.PENDING: Q(status=Status.QUEUED),
    ApiStatus.STARTED: Q(status=Status.RUNNING) & ~REPORTED,
    ApiStatus.PROGRESS: Q(status=Status.RUNNING) & REPORTED,
    ApiStatus.SUCCESS: Q(status=Status.SUCCEEDED),
    ApiStatus.FAILURE: Q(status=Status.FAILED),
    ApiStatus.CANCELLED: Q(status=Status.CANCELLED),
}


class JobFilter(django_filters.FilterSet):
    """`?status=SUCCESS`, several statuses by repeating it, `?kind=`, `?subject=`."""

    status = django_filters.MultipleChoiceFilter(choices=[(word, word) for word in BY_WORD], method="by_status")

    class Meta:
        model = JobRun
        fields: ClassVar = ["status", "kind", "subject"]

    def by_status(self, queryset: QuerySet[JobRun], name: str, words: list[str]) -> QuerySet[JobRun]:
        wanted = Q()
        for word in words:
            wanted |= BY_WORD[word]
        return queryset.filter(wanted)
