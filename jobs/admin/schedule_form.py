"""The form of a schedule: times and job in fields of their own, every mistake refused in a sentence."""

from __future__ import annotations

import inspect
import json
import zoneinfo
from typing import Any

from celery import current_app
from celery.schedules import ParseException
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from jobs import schedules
from jobs.registry import all_kinds, find_kind

CLOCK, INTERVAL, ONCE = "clock", "interval", "once"
REPEATS = [(CLOCK, "At times of the clock"), (INTERVAL, "Every so often"), (ONCE, "Once")]
CRONTAB_FIELDS = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")
TIME_FIELDS = ("repeats", *CRONTAB_FIELDS, "timezone", "every", "period", "once_at")
COMMON_ZONES = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))

Cleaned = dict[str, Any]


def task_names() -> list[str]:
    """The Celery tasks this installation knows; of Celery's own only the deletion of old results."""
    current_app.loader.import_default_modules()
    return sorted(
        name for name in current_app.tasks if not name.startswith("celery.") or name == schedules.CELERY_CLEANUP
    )


def queue_names() -> list[str]:
    """The queues that workers of this installation listen on."""
    return [queue.name for queue in current_app.conf.task_queues or ()] or [schedules.DEFAULT_QUEUE]


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # the library's model has no types
    """One periodic task.

    Its times are fields here although they are rows of their own, shared by all entries with the same times: an edit
    picks or makes the row of the new times and never changes another entry's.
    """

    kind = forms.CharField(label="Job", required=False, widget=UnfoldAdminSelectWidget)
    params = forms.CharField(
        label="Parameters",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text='For the job, as a JSON object such as {"days": 30}. Empty: the job\'s own.',
    )
    repeats = forms.ChoiceField(label="Repeats", choices=REPEATS, widget=UnfoldAdminSelectWidget)
    minute = forms.CharField(required=False, help_text="0 to 59; several as 0,30; every 15 minutes as */15.")
    hour = forms.CharField(required=False, help_text="0 to 23, or * for every hour.")
    day_of_week = forms.CharField(required=False, help_text="mon,thu or mon-fri, or * for every day.")
    day_of_month = forms.CharField(required=False, help_text="1 to 31, or * for every day.")
    month_of_year = forms.CharField(label="Month", required=False, help_text="1 to 12, or * for every month.")
    timezone = forms.CharField(
        label="Time zone", required=False, widget=UnfoldAdminSelect2Widget, help_text="Whose clock the times are of."
    )
    every = forms.IntegerField(required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    period = forms.ChoiceField(
        required=False, choices=[("", "–"), *IntervalSchedule.PERIOD_CHOICES[:4]], widget=UnfoldAdminSelectWidget
    )
    once_at = forms.SplitDateTimeField(label="At", required=False, widget=UnfoldAdminSplitDateTimeWidget)
    task = forms.CharField(
        label="Celery task",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Instead of a job: sends this task as it is. It leaves no job to look at.",
    )
    queue = forms.CharField(label="Queue", required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = PeriodicTask
        fields = ("name", "enabled", "description", "task", "args", "kwargs", "queue", "start_time", "expires")
        help_texts = {"name": "What people call it; jobs are listed under this name."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._job_values()
        self._time_values()
        for name in CRONTAB_FIELDS:
            self.fields[name].widget = UnfoldAdminTextInputWidget()
        self.fields["description"].widget.attrs["rows"] = 2
        self.fields["description"].help_text = "What it is for, in a sentence."
        self.fields["enabled"].help_text = "Switched off, it starts nothing by itself; Run now still works."
        self.fields["start_time"].help_text = "Not before this moment."
        self.fields["expires"].help_text = "Not from this moment on."
        self.fields["start_time"].label, self.fields["expires"].label = "From", "Until"
        for name in ("args", "kwargs"):
            self.fields[name].required = False
            self.fields[name].widget.attrs["rows"] = 2
        self.fields["args"].help_text = "For the Celery task, as a JSON list."
        self.fields["kwargs"].help_text = "For the Celery task, as a JSON object."

    # What is started

    def _job_values(self) -> None:
        entry = self.instance
        kind, params = "", ""
        if entry.task == schedules.START_TASK:
            kind, params = _job_of(entry.kwargs)
            self.initial.update(task="", args="[]", kwargs="{}")
        self.initial.update(kind=kind, params=params, queue=entry.queue or "")
        kinds = sorted(((known.name, known.label) for known in all_kinds()), key=lambda choice: choice[1].lower())
        tasks = [(name, name) for name in task_names() if name != schedules.START_TASK]
        self._offer("kind", [("", "– a Celery task –"), *kinds], kind)
        self._offer("task", [("", "– a job –"), *tasks], str(self.initial.get("task") or ""))
        self._offer("queue", [("", "the default"), *((name, name) for name in queue_names())], entry.queue or "")

    def _offer(self, field: str, choices: list[tuple[str, str]], current: str) -> None:
        """Choices of a select, with what is stored even where it is no choice any more: saving then says so."""
        unknown = [(current, f"{current} (unknown)")] if current not in dict(choices) else []
        self.fields[field].widget.choices = [*choices, *unknown]

    def clean_kind(self) -> str:
        kind = str(self.cleaned_data["kind"])
        if kind and find_kind(kind) is None:
            raise ValidationError(f"No job is called “{kind}” in this installation. Choose one from the list.")
        return kind

    def clean_task(self) -> str:
        task = str(self.cleaned_data["task"])
        if task and task not in task_names():
            raise ValidationError(f"No task is called “{task}” in this installation. Choose one from the list.")
        return task

    def clean_queue(self) -> str:
        queue = str(self.cleaned_data["queue"])
        if queue and queue not in queue_names():
            raise ValidationError(f"No worker listens on the queue “{queue}”. Choose one from the list.")
        return queue

    def clean_params(self) -> dict[str, Any]:
        found: dict[str, Any] = _json(self.cleaned_data["params"], dict, "The parameters")
        return found

    def clean_args(self) -> list[Any]:
        found: list[Any] = _json(self.cleaned_data["args"], list, "The positional arguments")
        return found

    def clean_kwargs(self) -> dict[str, Any]:
        found: dict[str, Any] = _json(self.cleaned_data["kwargs"], dict, "The keyword arguments")
        return found

    # When

    def _time_values(self) -> None:
        entry = self.instance
        zone = str(settings.TIME_ZONE)
        values: Cleaned = {"repeats": CLOCK, "minute": "0", "hour": "3", "timezone": zone}
        values |= {"day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
        if entry.crontab is not None:
            values |= {name: getattr(entry.crontab, name) for name in CRONTAB_FIELDS}
            zone = values["timezone"] = str(entry.crontab.timezone)
        elif entry.interval is not None:
            values |= {"repeats": INTERVAL, "every": entry.interval.every, "period": entry.interval.period}
        elif entry.clocked is not None:
            values |= {"repeats": ONCE, "once_at": entry.clocked.clocked_time}
        self.initial = {**values, **self.initial}
        zones = [("UTC", "UTC"), *((name, name) for name in COMMON_ZONES if name != "UTC")]
        self._offer("timezone", zones, zone)

    def clean_timezone(self) -> str:
        zone = str(self.cleaned_data["timezone"]) or str(settings.TIME_ZONE)
        if zone not in zoneinfo.available_timezones():
            raise ValidationError(f"“{zone}” is no time zone. Choose one from the list, such as Europe/Berlin.")
        return zone

    def clean(self) -> Cleaned:
        """Raises sentences for a schedule that starts nothing, two things, or something that cannot be called so."""
        data: Cleaned = super().clean() or self.cleaned_data
        self._clean_work(data)
        match data.get("repeats"):
            case "clock":
                self._clean_crontab(data)
            case "interval" if not (data.get("every") and data.get("period")):
                self.add_error("every", "Say how often: a number and a unit, such as 15 minutes.")
            case "once" if data.get("once_at") is None and "once_at" not in self.errors:
                self.add_error("once_at", "Say when: a date and a time.")
            case "once" if self._is_new_moment(data):
                self.add_error("once_at", "This moment has passed. Choose one in the future.")
        return data

    def _is_new_moment(self, data: Cleaned) -> bool:
        moment = data.get("once_at")
        return moment is not None and moment <= timezone.now() and "once_at" in self.changed_data

    def _clean_work(self, data: Cleaned) -> None:
        kind, task = data.get("kind"), data.get("task")
        if {"kind", "task"} & set(self.errors):
            return
        if kind and task:
            self.add_error("kind", "Choose a job or a Celery task, not both.")
        elif kind:
            name = data.get("name") or self.instance.name
            data |= {"task": schedules.START_TASK, "args": "[]"}
            data["kwargs"] = json.dumps({"schedule": name, "kind": kind, "params": data.get("params") or {}})
        elif not task:
            self.add_error("kind", "Choose what it starts: a job, or a Celery task below.")
        elif task == schedules.START_TASK:
            self.add_error("task", "This task starts a job: choose the job instead.")
        elif not {"args", "kwargs"} & set(self.errors):
            self._clean_call(task, data)

    def _clean_call(self, task: str, data: Cleaned) -> None:
        args, kwargs = data.get("args") or [], data.get("kwargs") or {}
        try:
            inspect.signature(current_app.tasks[task].run).bind(*args, **kwargs)
        except TypeError as error:
            self.add_error("kwargs", f"The task {task} cannot be called with these arguments: {error}.")
        data |= {"args": json.dumps(args), "kwargs": json.dumps(kwargs)}

    def _clean_crontab(self, data: Cleaned) -> None:
        values = {name: "".join(str(data.get(name) or "").lower().split()) for name in CRONTAB_FIELDS}
        for name, value in values.items():
            if not value:
                self.add_error(name, "Say which, or * for every one.")
            elif not self._can_be_parsed(name, value):
                self.add_error(name, f"“{value}” cannot be read here. {self.fields[name].help_text}")
        data |= values
        if not self.errors and not _comes_up(CrontabSchedule(**values, timezone=zoneinfo.ZoneInfo("UTC"))):
            self.add_error("day_of_month", "No date in the next five years fits: correct the day or the month.")

    @staticmethod
    def _can_be_parsed(name: str, value: str) -> bool:
        fields = dict.fromkeys(CRONTAB_FIELDS, "*") | {name: value}
        try:
            probe = CrontabSchedule(**fields, timezone=zoneinfo.ZoneInfo("UTC"))
            probe.clean_fields(exclude=["timezone"])
            parsed: Any = probe.schedule
        except (ValueError, ParseException, ValidationError):
            return False
        return bool(getattr(parsed, name))

    def validate_unique(self) -> None:
        """The name alone: the library's own check wants the times, which are set while the entry is saved."""
        try:
            models.Model.validate_unique(self.instance, exclude=self._get_validation_exclusions())  # type: ignore[attr-defined]
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]  # Django's own, not in its stubs

    def save(self, commit: bool = True) -> PeriodicTask:
        """The entry with its times; a row of times is found or made, never changed."""
        data = self.cleaned_data
        entry = super().save(commit=False)
        with transaction.atomic():
            before = (entry.crontab_id, entry.interval_id, entry.clocked_id)
            entry.crontab = entry.interval = entry.clocked = entry.solar = None
            entry.one_off = data["repeats"] == ONCE
            if data["repeats"] == CLOCK:
                values = {name: data[name] for name in (*CRONTAB_FIELDS, "timezone")}
                entry.crontab = schedules.row_of_times(CrontabSchedule, **values)
            elif data["repeats"] == INTERVAL:
                entry.interval = schedules.row_of_times(IntervalSchedule, every=data["every"], period=data["period"])
            else:
                entry.clocked = schedules.row_of_times(ClockedSchedule, clocked_time=data["once_at"])
            if before != (entry.crontab_id, entry.interval_id, entry.clocked_id):
                # Beat counts from the edit on: a time of today that is already over is not made up for.
                entry.last_run_at = None
                entry.total_run_count = 0
            if commit:
                entry.save()
        return entry


def _comes_up(crontab: CrontabSchedule) -> bool:
    try:
        return schedules.next_due(crontab.schedule, timezone.now().replace(tzinfo=None)) is not None
    except ValueError:  # February 30
        return False


def _job_of(kwargs: str) -> tuple[str, str]:
    try:
        found = json.loads(kwargs or "{}")
    except ValueError:
        return "", kwargs
    if not isinstance(found, dict):
        return "", kwargs
    params = found.get("params")
    return str(found.get("kind", "")), json.dumps(params) if params else ""


def _json(text: Any, kind: type, subject: str) -> Any:
    """What the text holds, of the kind named; empty text is an empty one. Raises a sentence."""
    if not str(text or "").strip():
        return kind()
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"{subject} are not valid JSON: {error}.") from error
    if not isinstance(found, kind):
        shape = '{"name": "value"}' if kind is dict else '["value"]'
        raise ValidationError(f"{subject} must be a JSON {'object' if kind is dict else 'list'}, such as {shape}.")
    return found
