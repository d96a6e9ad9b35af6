"""Schedules in words, for people: when an entry runs, in its own time zone, and what it starts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from cron_descriptor import (
    FormatException,
    MissingFieldException,
    Options,
    WrongArgumentException,
    get_description,
)
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from jobs import schedules
from jobs.registry import find_kind

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
SHORT_DAYS = {day[:3].lower(): number for number, day in enumerate(DAYS)}
WORKDAYS = frozenset(range(1, 6))


def when(entry: PeriodicTask) -> str:
    """When the entry runs: “every day at 00:00, Europe/Berlin”."""
    if entry.crontab is not None:
        return crontab_words(entry.crontab)
    if entry.interval is not None:
        return interval_words(entry.interval)
    if entry.clocked is not None:
        return clocked_words(entry.clocked)
    return "never: it has no time" if entry.solar is None else f"at {entry.solar.get_event_display().lower()}"


def crontab_words(crontab: CrontabSchedule) -> str:
    """A crontab in words, its time zone named: “every Monday and Thursday at 06:30, Europe/Berlin”."""
    return f"{_clock_words(crontab)}, {crontab.timezone}"


def interval_words(interval: IntervalSchedule) -> str:
    """“every 15 seconds”, “every hour”."""
    period = str(interval.period)
    return f"every {period.removesuffix('s')}" if interval.every == 1 else f"every {interval.every} {period}"


def clocked_words(clocked: ClockedSchedule) -> str:
    """“once, on 1 Mar 2027 at 06:00 Europe/Berlin”, in the current time zone."""
    return f"once, on {moment_words(clocked.clocked_time)}"


def moment_words(moment: datetime, zone: Any = None) -> str:
    """“Mon 23 Nov 2026, 00:00 Europe/Berlin”; seconds only where there are some. Default: the current time zone."""
    local = moment.astimezone(zone or timezone.get_current_timezone())
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b %Y}, {clock} {local.tzinfo}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a time was, in its largest unit: “9 hours ago”; “just now” within a minute."""
    seconds = (now - moment).total_seconds()
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def from_now(moment: datetime, now: datetime) -> str:
    """How far away a future time is, in its largest unit: “in 9 hours”."""
    seconds = max(0.0, (moment - now).total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = round(seconds / size)
        if count >= 1 and (seconds >= size or unit == "second"):
            return f"in {count} {unit}{'' if count == 1 else 's'}"
    return "now"


def zone_of(entry: PeriodicTask) -> Any:
    """The zone an entry's times are told in: the crontab's own, else the current one."""
    return entry.crontab.timezone if entry.crontab is not None else timezone.get_current_timezone()


def what(entry: PeriodicTask) -> str:
    """What the entry does, in a sentence: its description and what is started when."""
    kind_name = job_kind_of(entry)
    description = str(entry.description or "").strip()
    if not description and entry.task == schedules.CELERY_CLEANUP:
        description = "Deletes expired task results."
    kind = find_kind(kind_name)
    if kind is not None:
        started = f"Starts the job “{kind.label}”"
    elif kind_name:
        started = f"Names the job {kind_name!r}, which this installation does not know; it fails"
    else:
        started = f"Sends the task {entry.task}"
    return " ".join(filter(None, (description, f"{started} {when(entry)}.")))


def job_kind_of(entry: PeriodicTask) -> str:
    """The job kind an entry starts; empty when it sends a plain task or its arguments cannot be read."""
    if entry.task != schedules.START_TASK:
        return ""
    try:
        arguments = json.loads(entry.kwargs or "{}")
    except ValueError:
        return ""
    return str(arguments.get("kind", "")) if isinstance(arguments, dict) else ""


def beat_is_silent(entries: list[PeriodicTask], now: datetime, *, after: timedelta) -> bool:
    """Whether an enabled entry of a short interval has not run for so long that beat must be down.

    Beat notes its last runs every three minutes, so `after` must be longer than that.
    """
    frequent = [
        entry
        for entry in entries
        if entry.enabled and entry.interval is not None and entry.interval.schedule.run_every < after / 4
    ]
    heard = [entry.last_run_at or entry.date_changed for entry in frequent]
    return bool(heard) and all(moment < now - after for moment in heard)


def _clock_words(crontab: CrontabSchedule) -> str:
    times = _times(crontab)
    days = _days(str(crontab.day_of_week))
    every_date = crontab.day_of_month == "*" and crontab.month_of_year == "*"
    if every_date and days and times:
        return f"every {days} at {times}"
    if every_date and days == "day" and crontab.hour == "*" and str(crontab.minute).isdecimal():
        return f"every hour at {int(crontab.minute)} past" if int(crontab.minute) else "every hour, on the hour"
    fields = (crontab.minute, crontab.hour, crontab.day_of_month, crontab.month_of_year, crontab.day_of_week)
    expression = " ".join("".join(str(part).split()) for part in fields)
    options = Options()
    options.use_24hour_time_format = True
    try:
        words = str(get_description(expression, options))
    except (FormatException, MissingFieldException, WrongArgumentException):
        return f"crontab {expression}"
    return words[:1].lower() + words[1:]


def _times(crontab: CrontabSchedule) -> str:
    """Up to four times of day, as “06:00 and 18:00”; empty when the fields name more or patterns."""
    hours, minutes = str(crontab.hour).split(","), str(crontab.minute).split(",")
    if not all(part.strip().isdecimal() for part in (*hours, *minutes)) or len(hours) * len(minutes) > 4:
        return ""
    pairs = sorted((int(hour), int(minute)) for hour in hours for minute in minutes)
    return _listed([f"{hour:02d}:{minute:02d}" for hour, minute in pairs])


def _days(text: str) -> str:
    """“day”, “workday” or the days' names; empty for what is neither numbers nor names of days."""
    if text.strip() == "*":
        return "day"
    days: set[int] = set()
    for part in text.lower().split(","):
        ends = [SHORT_DAYS.get(end.strip()[:3], end.strip()) for end in part.split("-")]
        if len(ends) > 2 or not all(str(end).isdecimal() and int(end) <= 7 for end in ends):
            return ""
        first, last = int(ends[0]), int(ends[-1])
        days |= {day % 7 for day in range(first, last + 1)}
    if len(days) == 7:
        return "day"
    if days == WORKDAYS:
        return "workday (Monday to Friday)"
    return _listed([DAYS[day] for day in sorted(days, key=lambda day: (day - 1) % 7)])


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
