"""What django-celery-results kept: of tasks that are not jobs, and of schedules that could not start theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from celery import states
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask
from django_celery_results.models import GroupResult, TaskResult
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from jobs.admin.base import ReadOnly, ScheduleManagerAdmin, breadcrumbs
from jobs.admin.filters import MomentFilter
from jobs.wording import duration

SCHEDULES = "admin:django_celery_beat_periodictask_changelist"
LIST = "admin:django_celery_results_taskresult_changelist"
TONES = {states.SUCCESS: "good", states.FAILURE: "bad", states.STARTED: "running", states.RETRY: "ending"}
SHORT = 120


def results_link(entry: PeriodicTask) -> str:
    """The kept results of an entry: of a plain task, or why a job could not be started. Empty when there are none."""
    if not TaskResult.objects.filter(periodic_task_name=entry.name).exists():
        return ""
    return f"{reverse(LIST)}?{urlencode({'q': entry.name})}"


class TaskResultAdmin(ReadOnly, ScheduleManagerAdmin):
    """Read-only: what Celery recorded. Where a task ran and why it broke are for superusers."""

    list_display = ("task", "status_cell", "schedule", "date_done", "took", "outcome")
    list_display_links = ("task",)
    list_filter = (("status", ChoicesDropdownFilter), ("date_done", MomentFilter))
    search_fields = ("task_name", "periodic_task_name", "task_id")
    search_help_text = "Search by task or schedule"
    ordering = ("-date_done",)
    empty_words = (
        "Jobs keep their own results. Here are those of other Celery tasks, and why a schedule could not start."
    )

    class Media:
        css = {"all": ("jobs/jobs.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("meta", "task_args", "task_kwargs", "traceback")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["task_name", "status_cell", "schedule", "date_started", "date_done", "took", "result", "task_id"]
        return [*shown, "worker", "task_args", "task_kwargs", "traceback"] if request.user.is_superuser else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        breadcrumbs(request, ("Schedules", SCHEDULES), ("Task results", LIST))
        answer: TemplateResponse = super().changelist_view(request, {"title": "Task results", **(extra_context or {})})
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        breadcrumbs(request, ("Schedules", SCHEDULES), ("Task results", LIST), ("Result", ""))
        context = {"title": "Task result", **(extra_context or {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    @admin.display(description="Task", ordering="task_name")
    def task(self, obj: TaskResult) -> str:
        return str(obj.task_name or obj.task_id)

    @admin.display(description="Status", ordering="status")
    def status_cell(self, obj: TaskResult) -> SafeString:
        tone, word = TONES.get(obj.status, "waiting"), str(obj.status).capitalize()
        return format_html('<span class="job-pill job-{}">{}</span>', tone, word)

    @admin.display(description="Schedule", ordering="periodic_task_name")
    def schedule(self, obj: Any) -> str:
        return str(obj.periodic_task_name or "–")

    @admin.display(description="Duration")
    def took(self, obj: Any) -> SafeString:
        spent: timedelta | None = obj.date_done - obj.date_started if obj.date_started and obj.date_done else None
        words = duration(spent.total_seconds() if spent is not None else None)
        return format_html('<span class="job-number">{}</span>', words)

    @admin.display(description="Result")
    def outcome(self, obj: TaskResult) -> str:
        text = str(obj.result or "")
        return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


# Groups of tasks are the solver's parts at work; nobody looks at them afterwards.
for model in (TaskResult, GroupResult):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.register(TaskResult, TaskResultAdmin)
