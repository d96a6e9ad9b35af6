"""The schedules: what runs when, its last and next run, *run now*; and the rows of times they share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from jobs import pages, schedule_words, schedules, selectors
from jobs.admin.base import ScheduleManagerAdmin, breadcrumbs
from jobs.admin.results import results_link
from jobs.admin.schedule_form import TIME_FIELDS, ScheduleForm
from jobs.exceptions import JobRefused
from jobs.models import JobRun
from jobs.wording import duration, sentence

LIST = "admin:django_celery_beat_periodictask_changelist"
CHANGE = "admin:django_celery_beat_periodictask_change"
RUNS_SHOWN = 10
BEAT_SILENT_AFTER = timedelta(minutes=10)
CLOCK_FIELDS = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone")


class ScheduleAdmin(ScheduleManagerAdmin):
    """django-celery-beat's periodic tasks, for people."""

    form = ScheduleForm
    people_call_it = ("schedule", "schedules")
    list_display = ("schedule", "when", "enabled", "last_run", "next_run", "run_button")
    list_display_links = ("schedule",)
    list_filter = ("enabled",)
    list_before_template = "jobs/schedule_notice.html"
    list_select_related = ("crontab", "interval", "clocked", "solar")
    search_fields = ("name", "description", "task", "kwargs")
    search_help_text = "Search by name, description, job or task"
    ordering = ("name",)
    actions = ("run_selected", "enable_selected", "disable_selected")
    one_by_one = frozenset({"run_selected"})
    change_form_outer_before_template = "jobs/schedule_panel.html"
    conditional_fields = {
        **dict.fromkeys(CLOCK_FIELDS, "repeats == 'clock'"),
        **dict.fromkeys(("every", "period"), "repeats == 'interval'"),
        "once_at": "repeats == 'once'",
    }
    fieldsets = (
        (None, {"fields": ("name", "enabled", "description")}),
        ("What it starts", {"fields": ("kind", "params")}),
        ("When", {"fields": (*TIME_FIELDS, "start_time", "expires")}),
        ("Instead of a job: a Celery task", {"fields": ("task", "args", "kwargs", "queue"), "classes": ("collapse",)}),
    )
    empty_words = "Nothing runs by itself yet. manage.py setup_schedules makes the schedules that Muster comes with."

    class Media:
        css = {"all": ("jobs/jobs.css",)}

    def get_urls(self) -> list[URLPattern]:
        run = self.admin_site.admin_view(require_POST(self.run))
        return [path("<int:entry_id>/run/", run, name="django_celery_beat_periodictask_run"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: PeriodicTask | None = None) -> tuple[str, ...]:
        """A schedule of Muster's own keeps its name: under another, `setup_schedules` would make it once more."""
        return ("name",) if obj is not None and schedules.is_built_in(obj.name) else ()

    def has_delete_permission(self, request: HttpRequest, obj: PeriodicTask | None = None) -> bool:
        built_in = obj is not None and schedules.is_built_in(obj.name)
        return not built_in and super().has_delete_permission(request, obj)

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        breadcrumbs(request, ("Schedules", LIST))
        answer: TemplateResponse = super().changelist_view(request, {"title": "Schedules", **(extra_context or {})})
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's entries with the last job of each and who started it: two queries, however many there are."""
        changes = super().get_changelist_instance(request)
        changes.result_list = list(changes.result_list)
        last = schedules.last_runs(entry.name for entry in changes.result_list)
        prefetch_related_objects(list(last.values()), "requested_by")
        for entry in changes.result_list:
            entry.last_job = last.get(entry.name)
        now = timezone.now()
        changes.beat_is_silent = schedule_words.beat_is_silent(changes.result_list, now, after=BEAT_SILENT_AFTER)
        return changes

    @admin.display(description="Name", ordering="name")
    def schedule(self, obj: PeriodicTask) -> str:
        return str(obj.name)

    @admin.display(description="When")
    def when(self, obj: PeriodicTask) -> SafeString:
        return format_html('<span class="job-wrap">{}</span>', schedule_words.when(obj))

    @admin.display(description="Last run", ordering="last_run_at")
    def last_run(self, obj: PeriodicTask) -> SafeString:
        job = getattr(obj, "last_job", None)
        last = job.queued_at if job is not None else obj.last_run_at
        ago = schedule_words.ago(last, timezone.now()) if last is not None else ""
        return _rendered("schedule_last.html", ago=ago, **_job_words(job))

    @admin.display(description="Next run")
    def next_run(self, obj: PeriodicTask) -> SafeString:
        return _rendered("schedule_next.html", **_next(obj))

    @admin.display(description="")
    def run_button(self, obj: PeriodicTask) -> SafeString:
        return _rendered("schedule_run.html", entry=obj)

    @admin.action(description="Run now")
    def run_selected(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        for entry in queryset:
            self._run(request, entry)

    @admin.action(description="Enable")
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable")
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[PeriodicTask], *, enabled: bool) -> None:
        """One by one: saving tells beat, and lets it count from now on instead of making up for times that passed."""
        changed = list(queryset.filter(enabled=not enabled))
        for entry in changed:
            entry.enabled = enabled
            entry.save()
            self.log_change(request, entry, "Enabled." if enabled else "Disabled.")
        names = ", ".join(f"“{entry.name}”" for entry in changed) or "Nothing"
        self.message_user(request, f"{names} {'enabled' if enabled else 'disabled'}.", messages.SUCCESS)

    # Run now

    def run(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Start an entry at once: to the page of its job, or back to the list when there is no job to look at."""
        entry = self.get_queryset(request).filter(pk=entry_id).first()
        if entry is None or not self.has_change_permission(request, entry):
            raise Http404("There is no schedule with this number.")
        job = self._run(request, entry)
        return HttpResponseRedirect(reverse("admin:jobs_jobrun_change", args=[job.pk]) if job else reverse(LIST))

    def _run(self, request: HttpRequest, entry: PeriodicTask) -> JobRun | None:
        try:
            job = schedules.run_now(entry, request.user)
        except JobRefused as refused:
            self.message_user(request, refused.sentence, messages.WARNING)
            return None
        self.log_change(request, entry, "Run by hand.")
        self.message_user(request, f"“{entry.name}” {'started' if job else 'sent to the workers'}.", messages.SUCCESS)
        return job

    # The page of one

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        entry = self.get_object(request, object_id) if object_id else None
        place = [(entry.name, reverse(CHANGE, args=[entry.pk]))] if entry else [("Add", "")]
        breadcrumbs(request, ("Schedules", LIST), *place)
        context = {"title": entry.name if entry else "Add schedule", **(_panel(entry) if entry else {})}
        answer: HttpResponse = super().changeform_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )
        return answer

    def response_change(self, request: HttpRequest, obj: PeriodicTask) -> HttpResponse:
        """Stay within reach of what was changed: the message says when it runs from now on."""
        upcoming = _next(obj)
        self.message_user(
            request,
            f"“{obj.name}” runs {schedule_words.when(obj)}; {upcoming['sentence']}",
            messages.SUCCESS,
        )
        return self.response_post_save_change(request, obj) if "_continue" not in request.POST else _to(obj)


class CrontabAdmin(ScheduleManagerAdmin):
    """Rows of times by the clock; who uses them stands beside."""

    list_display = ("words", "users")
    empty_words = "Schedules make these rows as they need them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("periodictask_set")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        breadcrumbs(request, ("Schedules", LIST), (str(self.opts.verbose_name_plural), ""))
        answer: TemplateResponse = super().changelist_view(request, extra_context)
        return answer

    @admin.display(description="When")
    def words(self, obj: Any) -> str:
        match obj:
            case CrontabSchedule():
                return schedule_words.crontab_words(obj)
            case IntervalSchedule():
                return schedule_words.interval_words(obj)
        return schedule_words.clocked_words(obj)

    @admin.display(description="Used by")
    def users(self, obj: Any) -> str:
        return ", ".join(sorted(entry.name for entry in obj.periodictask_set.all())) or "no schedule"


def _rendered(template: str, **context: Any) -> SafeString:
    # The template escapes; what it renders is safe to put into the list.
    return mark_safe(render_to_string(f"jobs/{template}", context).strip())  # noqa: S308


def _to(entry: PeriodicTask) -> HttpResponse:
    return HttpResponseRedirect(reverse(CHANGE, args=[entry.pk]))


def _next(entry: PeriodicTask) -> dict[str, Any]:
    now = timezone.now()
    due = schedules.next_run(entry, now)
    if due is None:
        reason = "disabled" if not entry.enabled else "not again"
        return {"due": None, "reason": reason, "sentence": "it is disabled." if not entry.enabled else "not again."}
    words, away = schedule_words.moment_words(due, schedule_words.zone_of(entry)), schedule_words.from_now(due, now)
    return {"due": due, "words": words, "away": away, "sentence": f"next {words} ({away})."}


def _job_words(job: JobRun | None) -> dict[str, Any]:
    if job is None:
        return {"job": None}
    return {
        "job": job,
        "tone": pages.tone(job),
        "word": pages.status_word(job),
        "sentence": sentence(job),
        "duration": duration(job.seconds),
        "slot": pages.slot_words(job),
        "person": str(job.requested_by) if job.requested_by_id else "",
    }


def _panel(entry: PeriodicTask) -> dict[str, Any]:
    """What the page of a schedule shows above its form."""
    name = entry.name[: selectors.NAME_LENGTH]
    jobs = selectors.jobs_of_schedule(name=name, limit=RUNS_SHOWN)
    return {
        "entry": entry,
        "what": schedule_words.what(entry),
        "next": _next(entry),
        "runs": [_job_words(job) for job in jobs],
        "starts_jobs": entry.task == schedules.START_TASK,
        "built_in": schedules.is_built_in(entry.name),
        "results": results_link(entry),
        "zone": timezone.get_current_timezone_name(),
        "jobs_link": f"{reverse('admin:jobs_jobrun_changelist')}?{urlencode({'schedule': name})}",
    }


ADMINS: dict[Any, Any] = {
    PeriodicTask: ScheduleAdmin,
    CrontabSchedule: CrontabAdmin,
    IntervalSchedule: CrontabAdmin,
    ClockedSchedule: CrontabAdmin,
}

for model in (*ADMINS, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
for model, themed in ADMINS.items():
    admin.site.register(model, themed)
