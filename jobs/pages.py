"""What the job page and the list's live cells show, gathered for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django_celery_beat.models import PeriodicTask

from jobs import charts, schedule_words, selectors
from jobs.access import manages_schedules, policy
from jobs.models import JobRun
from jobs.registry import all_kinds, find_kind
from jobs.schedules import MANUAL
from jobs.states import Control, Status
from jobs.wording import advice, duration, sentence

TONES = {
    Status.QUEUED: "waiting",
    Status.RUNNING: "running",
    Status.SUCCEEDED: "good",
    Status.FAILED: "bad",
    Status.CANCELLED: "off",
}
_NAMES = "_job_organization_names"
USELESS_GAP = 100.0
"""Percent from which a bound says nothing: the best so far could be all of itself better."""


@dataclass(frozen=True)
class Figure:
    """One tile: a name, a value, and what it means for the reader's hover or screen reader."""

    name: str
    value: str
    hint: str


@dataclass(frozen=True)
class Link:
    """Where the result can be looked at."""

    url: str
    label: str


def tone(job: JobRun) -> str:
    """The color family of a state."""
    if job.status == Status.RUNNING and job.control != Control.NONE:
        return "ending"
    return TONES[Status(job.status)]


def status_word(job: JobRun) -> str:
    """The state in a word or two, with what was asked of it."""
    if job.status == Status.RUNNING and job.control:
        return "Cancelling" if job.control == Control.CANCEL else "Stopping"
    return str(job.get_status_display())


def organization_names(request: HttpRequest) -> dict[int, str]:
    """Names of the organizations whose jobs stand side by side in this request, by id; asked for once."""
    if not hasattr(request, _NAMES):
        setattr(request, _NAMES, policy().organization_names(request.user, request))
    names: dict[int, str] = getattr(request, _NAMES)
    return names


def starts(request: HttpRequest) -> list[Link]:
    """Where the user may start jobs: the label of the kind, and its page."""
    pages = [(kind.label, kind.start_page(request)) for kind in all_kinds() if kind.start_page is not None]
    return [Link(address, label) for label, address in pages if address]


def starter(job: JobRun) -> str:
    """Who or what started the job: a person, a schedule, or both where a person ran a schedule by hand."""
    person = str(job.requested_by) if job.requested_by is not None else ""
    return ", ".join(filter(None, (job.schedule, person))) or "–"


def slot_words(job: JobRun) -> str:
    """The slot of its schedule that the job is for: its time as the schedule names it, or “by hand”."""
    if not job.slot or job.slot.startswith(MANUAL):
        return "by hand" if job.slot else ""
    moment = parse_datetime(job.slot)
    if moment is None:
        return job.slot
    if timezone.is_aware(moment):
        return f"of {schedule_words.moment_words(moment)}"
    return f"of {moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def cell(job: JobRun, part: str) -> SafeString:
    """A cell of the list: `status`, `progress`, `coverage`, `duration` (these four live) or `accepted`."""
    context: dict[str, Any] = {"job": job, "tone": tone(job), "word": status_word(job), "sentence": sentence(job)}
    context |= {"duration": duration(job.seconds), "zone": timezone.get_current_timezone_name()}
    # The template escapes; what it renders is safe to put into the list.
    return mark_safe(render_to_string(f"jobs/cell_{part}.html", context).strip())  # noqa: S308


def page(job: JobRun, request: HttpRequest) -> dict[str, Any]:
    """Everything the live part of the job page shows."""
    user = request.user
    attempts = list(job.attempts.all())
    is_platform_staff = isinstance(user, AbstractUser) and user.is_superuser
    elapsed = _attempt_seconds(job, attempts)
    return {
        "job": job,
        "tone": tone(job),
        "word": status_word(job),
        "stage": stage(job),
        "sentence": sentence(job),
        "advice": advice(job),
        "duration": duration(job.seconds),
        "figures": figures(job),
        "charts": [
            chart
            for chart in (
                charts.objective_chart(job.history, bound=useful_bound(job), until_seconds=elapsed),
                charts.coverage_chart(job.history, until_seconds=elapsed),
            )
            if chart is not None
        ],
        "links": links(job),
        "summary": summary(job),
        "attempts": attempts,
        "attempt_seconds": [(attempt, duration(_seconds(attempt))) for attempt in attempts],
        "chain": [
            (earlier, tone(earlier), status_word(earlier), duration(earlier.seconds))
            for earlier in selectors.retry_chain(job=job, user=user, request=request)
        ],
        "slot": slot_words(job),
        "schedule_link": schedule_link(job) if manages_schedules(user) else "",
        "organization": organization_names(request).get(job.organization_id or 0, ""),
        "may_control": selectors.may_control(user=user, job=job),
        "is_platform_staff": is_platform_staff,
        "time_zone": timezone.get_current_timezone_name(),
    }


def figures(job: JobRun) -> list[Figure]:
    """The tiles under the bar: only those the job has reported."""
    tiles = []
    if job.coverage is not None:
        tiles.append(Figure("Coverage", f"{job.coverage:.1f} %", "Places filled, of all places asked for"))
    if job.objective is not None:
        tiles.append(Figure("Objective", charts.number(job.objective), "Penalty of the best so far; lower is better"))
    bound = useful_bound(job)
    if bound is not None:
        tiles.append(Figure("Bound", charts.number(bound), "Proven: no solution can be better than this"))
    elif job.objective is not None:
        tiles.append(Figure("Bound", "–", "How much better a solution could be is not known yet"))
    if bound is not None and job.gap is not None:
        tiles.append(Figure("Gap", f"{job.gap:.2f} %", "How far the best so far may still be from the best possible"))
    return tiles


def useful_bound(job: JobRun) -> float | None:
    """The bound, unless it is so far off that it says nothing."""
    return None if job.gap is None or job.gap >= USELESS_GAP else job.bound


def stage(job: JobRun) -> str:
    """What the job is at, in its kind's words."""
    kind = find_kind(job.kind)
    return kind.stages.get(job.stage, job.stage) if kind else job.stage


def links(job: JobRun) -> list[Link]:
    """The result's own links (`link` or `links`, each `{url, label}`); only to places on this site."""
    result = job.result if isinstance(job.result, dict) else {}
    named = [result["link"]] if isinstance(result.get("link"), dict) else []
    named += [link for link in result.get("links") or [] if isinstance(link, dict)]
    return [
        Link(str(link["url"]), str(link.get("label") or "Open the result"))
        for link in named
        if link.get("url") and url_has_allowed_host_and_scheme(str(link["url"]), allowed_hosts=None)
    ]


def schedule_link(job: JobRun) -> str:
    """The page of the schedule that started the job; empty when there is none (any more)."""
    if not job.schedule:
        return ""
    entry = PeriodicTask.objects.filter(name=job.schedule).only("pk").first()
    return reverse("admin:django_celery_beat_periodictask_change", args=[entry.pk]) if entry else ""


def summary(job: JobRun) -> list[tuple[str, str]]:
    """The result as named values: in its kind's own words, else the plain values of its `summary`."""
    kind = find_kind(job.kind)
    if kind is not None and kind.facts is not None:
        return kind.facts(job)
    result = job.result if isinstance(job.result, dict) else {}
    values = result.get("summary")
    if not isinstance(values, dict):
        return []
    return [(key.replace("_", " ").capitalize(), _plain(value)) for key, value in values.items() if _is_plain(value)]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _seconds(attempt: Any) -> float:
    return float(((attempt.ended_at or timezone.now()) - attempt.started_at).total_seconds())


def _attempt_seconds(job: JobRun, attempts: list[Any]) -> float:
    last_point = float(job.history[-1][0]) if job.history else 0.0
    return _seconds(attempts[-1]) if attempts and job.status == Status.RUNNING else last_point
