"""The jobs list with live bars, and the job page. Scoped by the access policy: a foreign job is a 404."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from jobs import pages, selectors, services
from jobs.access import manages_schedules
from jobs.admin.base import PlatformOnly, ReadOnly, WholeActions, breadcrumbs
from jobs.admin.filters import AcceptedFilter, KindFilter, OrganizationFilter, PersonFilter, ScheduleFilter
from jobs.exceptions import JobRefused
from jobs.models import JobRun, WorkerPulse

Action = Callable[[JobRun, Any], JobRun]
LIVE_LIMIT = 100
LIST = "admin:jobs_jobrun_changelist"


@admin.register(JobRun)
class JobRunAdmin(ReadOnly, WholeActions):
    """Read-only: a job changes through its actions alone."""

    list_display = ("job", "status_cell", "progress_cell", "coverage_cell", "started_by", "accepted", "duration")
    list_display_links = ("job",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        KindFilter,
        ("queued_at", AcceptedFilter),
        PersonFilter,
        ScheduleFilter,
    )
    list_filter_submit = True
    list_select_related = ("requested_by",)
    list_per_page = 50
    list_fullwidth = True
    search_fields = ("subject", "message", "error", "kind", "schedule", "requested_by__username")
    search_help_text = "Search by subject, message, schedule or person"
    date_hierarchy = None
    empty_words = "Long work such as generating a roster is listed here, with its progress and its result."
    ordering = ("-queued_at", "-id")
    actions = ("cancel_selected", "stop_selected", "retry_selected")

    class Media:
        css = {"all": ("jobs/jobs.css",)}
        js = ("jobs/jobs.js",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: JobRun | None = None) -> bool:
        """Any back-office user: which jobs they see is the access policy's business."""
        return bool(request.user.is_active and request.user.is_staff)

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        return selectors.recent_jobs(user=request.user, request=request)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404(f"No job {object_id}.")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("live/", wrap(require_GET(self.live_cells)), name="jobs_jobrun_live"),
            path("<uuid:job_id>/live/", wrap(require_GET(self.live_page)), name="jobs_jobrun_live_page"),
            path("<uuid:job_id>/cancel/", wrap(require_POST(self.cancel)), name="jobs_jobrun_cancel"),
            path("<uuid:job_id>/stop/", wrap(require_POST(self.stop)), name="jobs_jobrun_stop"),
            path("<uuid:job_id>/retry/", wrap(require_POST(self.retry)), name="jobs_jobrun_retry"),
        ]
        return [*own, *super().get_urls()]

    # The list

    def stands_outside_organizations(self, request: HttpRequest) -> bool:
        """Whether the page opens for a user who is a member of no organization: the platform's jobs are theirs."""
        return manages_schedules(request.user)

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return (*self.list_filter, OrganizationFilter)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        breadcrumbs(request, ("Jobs", LIST))
        answer: TemplateResponse = super().changelist_view(request, {"title": "Jobs", **(extra_context or {})})
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        names = pages.organization_names(request)
        changes.result_list = list(changes.result_list)
        for job in changes.result_list if names else ():
            job.organization_name = names.get(job.organization_id, "The platform")
        searched = changes.query or changes.has_active_filters
        changes.next_steps = pages.starts(request) if not changes.result_list and not searched else []
        return changes

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """With whose they are, where the jobs of several organizations stand side by side."""
        columns = list(super().get_list_display(request))
        if pages.organization_names(request):
            columns.insert(1, "organization")
        return columns

    @admin.display(description="Job", ordering="kind")
    def job(self, obj: JobRun) -> SafeString:
        return format_html('<span class="job-name">{}</span>', str(obj))

    @admin.display(description="Organization", ordering="organization_id")
    def organization(self, obj: JobRun) -> str:
        return str(getattr(obj, "organization_name", ""))

    @admin.display(description="Started by", ordering="requested_by__username")
    def started_by(self, obj: JobRun) -> str:
        return pages.starter(obj)

    @admin.display(description="Accepted", ordering="queued_at")
    def accepted(self, obj: JobRun) -> str:
        return pages.cell(obj, "accepted")

    @admin.display(description="Status", ordering="status")
    def status_cell(self, obj: JobRun) -> str:
        return pages.cell(obj, "status")

    @admin.display(description="Progress", ordering="progress")
    def progress_cell(self, obj: JobRun) -> str:
        return pages.cell(obj, "progress")

    @admin.display(description="Coverage", ordering="coverage")
    def coverage_cell(self, obj: JobRun) -> str:
        return pages.cell(obj, "coverage")

    @admin.display(description="Duration")
    def duration(self, obj: JobRun) -> str:
        return pages.cell(obj, "duration")

    def live_cells(self, request: HttpRequest) -> JsonResponse:
        """The live cells of the jobs named in `?ids=`, those the user may see."""
        ids = []
        for text in request.GET.get("ids", "").split(",")[:LIVE_LIMIT]:
            try:
                ids.append(uuid.UUID(text))
            except ValueError:
                continue
        parts = ("status", "progress", "coverage", "duration")
        jobs = self.get_queryset(request).filter(pk__in=ids)
        cells = {f"{job.pk}:{part}": pages.cell(job, part) for job in jobs for part in parts}
        return JsonResponse({"cells": cells})

    @admin.action(description="Cancel and discard")
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        self._act_on_all(request, queryset, services.cancel, "cancelled")

    @admin.action(description="Stop and keep the best so far")
    def stop_selected(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        self._act_on_all(request, queryset, services.stop, "asked to stop")

    @admin.action(description="Retry")
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        self._act_on_all(request, queryset, services.retry, "started again")

    def _act_on_all(self, request: HttpRequest, queryset: QuerySet[JobRun], act: Action, done_word: str) -> None:
        done = 0
        for job in queryset:
            if not selectors.may_control(user=request.user, job=job):
                self.message_user(request, f"{job}: you may look at this job but not change it.", messages.ERROR)
                continue
            try:
                act(job, request.user)
                done += 1
            except JobRefused as error:
                self.message_user(request, f"{job}: {error.sentence}", messages.WARNING)
        if done:
            self.message_user(request, f"{done} {'job' if done == 1 else 'jobs'} {done_word}.", messages.SUCCESS)

    # The job page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self._job(request, object_id)
        breadcrumbs(request, ("Jobs", LIST), (str(job), ""))
        context = {
            **self.admin_site.each_context(request),
            **pages.page(job, request),
            "title": str(job),
            "opts": self.opts,
            "original": job,
            "media": Media(css={"all": ["jobs/jobs.css"]}, js=["jobs/jobs.js"]),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "jobs/job_page.html", context)

    def live_page(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        """The live part of the job page, fetched again every second while the job is active."""
        job = self._job(request, job_id)
        response = render(request, "jobs/job_live.html", {**pages.page(job, request), "opts": self.opts})
        response["Cache-Control"] = "no-store"
        return response

    def cancel(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return self._act(request, job_id, services.cancel, "The job is being cancelled; nothing of it will be kept.")

    def stop(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return self._act(request, job_id, services.stop, "The job is stopping; the best so far will be kept.")

    def retry(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return self._act(request, job_id, services.retry, "Started again as a new job.")

    def _act(self, request: HttpRequest, job_id: uuid.UUID, act: Action, message: str) -> HttpResponse:
        job = self._job(request, job_id)
        if not selectors.may_control(user=request.user, job=job):
            raise PermissionDenied
        try:
            job = act(job, request.user)
            self.message_user(request, message, messages.SUCCESS)
        except JobRefused as error:
            self.message_user(request, error.sentence, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:jobs_jobrun_change", args=[job.pk]))

    def _job(self, request: HttpRequest, job_id: str | uuid.UUID) -> JobRun:
        job = selectors.visible_job(user=request.user, job_id=job_id, request=request)
        if job is None:
            raise Http404("There is no job with this number.")
        return job


@admin.register(WorkerPulse)
class WorkerPulseAdmin(PlatformOnly, ReadOnly, ModelAdmin):
    """The workers that showed a sign of life in the last day; platform staff only."""

    list_display = ("name", "concurrency", "queues", "started_at", "seen_at")
    ordering = ("-seen_at",)
    empty_words = "No worker has shown a sign of life. Start one: celery -A config worker -Q solve,default"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        breadcrumbs(request, ("Jobs", LIST), ("Workers", "admin:jobs_workerpulse_changelist"))
        answer: TemplateResponse = super().changelist_view(request, {"title": "Workers", **(extra_context or {})})
        return answer
