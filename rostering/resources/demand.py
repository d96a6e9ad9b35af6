"""Shift types, shift patterns and shifts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from rostering.models import Priority, Shift, ShiftPattern, ShiftType
from rostering.resources.base import OrganizationResource
from rostering.resources.cells import (
    Cell,
    Choice,
    Clock,
    Day,
    Many,
    Moment,
    Number,
    One,
    Weekdays,
    Whole,
    Words,
    as_text,
)
from rostering.resources.rows import Column, Row


class ShiftTypeResource(OrganizationResource):
    """Kinds of shift."""

    file_name = "shift_types"
    key = ("code",)
    examples = [
        {
            "code": "EARLY",
            "name": "Early",
            "color": "#e0a100",
            "tags": "early",
            "start_time": "06:00",
            "duration_minutes": 480,
            "unpaid_break_minutes": 30,
        },
        {
            "code": "NIGHT",
            "name": "Night",
            "color": "#3b4cc0",
            "tags": "night",
            "start_time": "22:00",
            "duration_minutes": 480,
            "unpaid_break_minutes": 30,
            "required_certifications": "LICENSE",
        },
    ]

    code = Column(Cell(), "What other files call it; once per organization.", attribute="code", required=True)
    name = Column(Cell(), "What people read.", attribute="name", required=True)
    color = Column(Cell(), "#RRGGBB; empty: blue.", attribute="color")
    tags = Column(Words(), "Words rules refer to, such as night, between semicolons.", attribute="tags", empty=())
    start_time = Column(Clock(), "Start in the site's time.", attribute="start_time", required=True)
    duration_minutes = Column(
        Whole(minimum=15, maximum=2880),
        "From start to end, breaks included.",
        attribute="duration_minutes",
        required=True,
    )
    unpaid_break_minutes = Column(
        Whole(maximum=2880), "Of these, not paid; empty: 0.", attribute="unpaid_break_minutes"
    )
    required_certifications = Column(
        Many("certification"), "Codes it asks for, between semicolons.", attribute="required_certifications"
    )

    class Meta:
        model = ShiftType

    def check(self, row: Row) -> None:
        """The break is shorter than the shift."""
        kind: ShiftType = row.instance
        if kind.unpaid_break_minutes >= kind.duration_minutes:
            row.wrong("unpaid_break_minutes", f"The break is as long as the shift ({kind.duration_minutes} minutes).")


class ShiftPatternResource(OrganizationResource):
    """Recurring demand."""

    file_name = "shift_patterns"
    key = ("site", "shift_type", "weekdays", "starts_on", "holidays")
    examples = [
        {"site": "CLINIC", "shift_type": "EARLY", "weekdays": "mon-fri", "headcount": 2, "starts_on": "2027-01-04"},
        {
            "site": "CLINIC",
            "shift_type": "NIGHT",
            "weekdays": "daily",
            "headcount": 1,
            "starts_on": "2027-01-04",
            "ends_on": "2027-12-31",
            "holidays": "as_usual",
            "priority": "high",
        },
    ]

    site = Column(One("site"), "Code of the site.", attribute="site", required=True)
    shift_type = Column(One("shift_type"), "Code of the shift type.", attribute="shift_type", required=True)
    weekdays = Column(Weekdays(), "Such as `mon;wed`, `mon-fri` or `daily`.", attribute="weekdays", required=True)
    headcount = Column(Whole(minimum=1, maximum=500), "People each time; empty: 1.", attribute="headcount")
    starts_on = Column(Day(), "First date.", attribute="starts_on", required=True)
    ends_on = Column(Day(), "Last date; empty: open-ended.", attribute="ends_on")
    holidays = Column(
        Choice(ShiftPattern.Holidays),
        "On public holidays: `as_usual`, `skip`, or `only` then. Empty: as usual.",
        attribute="holidays",
    )
    priority = Column(Choice(Priority), "`low`, `normal`, `high` or `critical`; empty: normal.", attribute="priority")

    class Meta:
        model = ShiftPattern

    def build(self, row: Row) -> dict[str, Any]:
        """What identifies a pattern is always known, also without its column."""
        return {"holidays": ShiftPattern.Holidays.AS_USUAL.value, **super().build(row)}

    def check(self, row: Row) -> None:
        """It ends after it starts."""
        pattern: ShiftPattern = row.instance
        if pattern.ends_on is not None and pattern.ends_on < pattern.starts_on:
            row.wrong("ends_on", f"The pattern ends before it begins on {pattern.starts_on}; correct one of the dates.")


class ShiftResource(OrganizationResource):
    """Single shifts. Times are the site's; `start` and `end` may also be whole dates and times."""

    file_name = "shifts"
    key = ("site", "shift_type", "starts_at")
    examples = [
        {
            "site": "DEPOT",
            "shift_type": "EARLY",
            "date": "2027-02-01",
            "start": "06:00",
            "end": "14:00",
            "headcount": 2,
            "unpaid_break_minutes": 30,
            "priority": "normal",
            "notes": "Delivery day",
        },
        {"site": "DEPOT", "shift_type": "NIGHT", "date": "2027-02-01", "required_certifications": "AED"},
    ]

    site = Column(One("site"), "Code of the site.", attribute="site", required=True)
    shift_type = Column(One("shift_type"), "Code of the shift type.", attribute="shift_type", required=True)
    date = Column(Day(), "Local date of the start; may be left out when `start` has a date.")
    start = Column(Moment(), "22:00, or 2027-01-31 22:00; empty: the shift type's start.", names=("starts_at",))
    end = Column(
        Moment(),
        "06:00 (the next day when not after the start), or 2027-02-01 06:00; empty: by the shift type's duration.",
        names=("ends_at",),
    )
    headcount = Column(Whole(minimum=1, maximum=500), "People needed; empty: 1.", attribute="headcount")
    unpaid_break_minutes = Column(
        Whole(maximum=2880), "Of its length, not paid; empty: the shift type's.", attribute="unpaid_break_minutes"
    )
    required_certifications = Column(
        Many("certification"),
        "Codes this shift asks for besides its site and type, between semicolons.",
        attribute="required_certifications",
    )
    priority = Column(Choice(Priority), "`low`, `normal`, `high` or `critical`; empty: normal.", attribute="priority")
    unfilled_cost = Column(Number(), "Points for a place left open; empty: by priority.", attribute="unfilled_cost")
    overfill_cost = Column(Number(), "Points for a person too many; empty: nobody extra.", attribute="overfill_cost")
    notes = Column(Cell(), "What staff should know.", attribute="notes")

    class Meta:
        model = Shift

    def build(self, row: Row) -> dict[str, Any]:
        """Date, start and end become moments in the site's zone."""
        given = row.values
        values = {name: value for name, value in given.items() if name not in ("date", "start", "end")}
        kind, zone = given["shift_type"], given["site"].tz
        if not as_text(row.cells.get("unpaid_break_minutes")):
            known = values if "unpaid_break_minutes" in row.cells else row.defaults
            known["unpaid_break_minutes"] = kind.unpaid_break_minutes
        start = given.get("start")
        if not isinstance(start, datetime) and given.get("date") is None:
            row.wrong("date", "The cell is empty; give the date, or write start as 2027-01-31 22:00.")
            return values
        try:
            values["starts_at"], ends_at = span(given.get("date"), start, given.get("end"), kind, zone)
        except ValueError as error:
            row.wrong("start", str(error))
        else:
            (values if "end" in row.cells else row.defaults)["ends_at"] = ends_at
        return values

    def check(self, row: Row) -> None:
        """It ends after it starts, lasts two days at most, and its break is shorter."""
        shift: Shift = row.instance
        if shift.ends_at <= shift.starts_at:
            row.wrong("end", "The shift ends before it starts; correct its start or its end.")
        elif shift.minutes > 2880 + 60:
            row.wrong("end", f"The shift lasts {shift.minutes // 60} hours; 48 are the most.")
        elif shift.unpaid_break_minutes >= shift.minutes:
            row.wrong("unpaid_break_minutes", f"The break is as long as the shift ({shift.minutes} minutes).")

    def narrow(self, rows: QuerySet[Any], wanted: Sequence[Row]) -> QuerySet[Any]:
        """Those in the span of the file."""
        starts = [row.values["starts_at"] for row in wanted]
        return rows.filter(starts_at__gte=min(starts), starts_at__lte=max(starts))

    def dehydrate_date(self, shift: Shift) -> str:
        """Local date of the start."""
        return f"{shift.starts_at.astimezone(shift.site.tz):%Y-%m-%d}"

    def dehydrate_start(self, shift: Shift) -> str:
        """Local time; with date and offset where the clock shows it twice."""
        zone = shift.site.tz
        local = shift.starts_at.astimezone(zone)
        return f"{local:%H:%M}" if aware(wall_clock(local), zone) == shift.starts_at else _full(local)

    def dehydrate_end(self, shift: Shift) -> str:
        """Local time where that says it all, else date, time and offset."""
        zone = shift.site.tz
        start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
        _, understood = span(start.date(), start, wall_clock(end).time(), shift.shift_type, zone)
        return f"{end:%H:%M}" if understood == shift.ends_at else _full(end)


def _full(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


def wall_clock(local: datetime) -> datetime:
    """What the clock on the wall shows, with nothing left of which of two equal times is meant."""
    return local.replace(tzinfo=None, fold=0)


def aware(moment: datetime, zone: ZoneInfo) -> datetime:
    """In UTC; without an offset of its own the moment is local to the zone."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def span(day: date | None, start: Any, end: Any, kind: ShiftType, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end in UTC of a shift as a file gives it: see `ShiftResource` for the forms.

    Wall-clock times that a change of clocks skips or repeats are taken as `services.patterns.shift_times` does.
    Raises ValueError with a sentence when date and start contradict each other.
    """
    start = kind.start_time if start is None else start
    if isinstance(start, datetime):
        local = start.astimezone(zone).replace(tzinfo=None) if start.tzinfo else start
        if day is not None and day != local.date():
            raise ValueError(f"The start is on {local:%Y-%m-%d}, but the date says {day}; correct one of them.")
        starts_at = aware(start, zone)
    elif isinstance(start, time):
        local = datetime.combine(day or date.min, start)
        starts_at = aware(local, zone)
    else:
        raise ValueError(f"{start} is a date without a time; write 22:00, or 2027-01-31 22:00.")
    return starts_at, _end(local, starts_at, end, kind, zone)


def _end(local: datetime, starts_at: datetime, end: Any, kind: ShiftType, zone: ZoneInfo) -> datetime:
    if isinstance(end, datetime):
        return aware(end, zone)
    if end is None:
        nominal = local + timedelta(minutes=kind.duration_minutes)
    elif isinstance(end, time):
        nominal = datetime.combine(local.date(), end)
        nominal += timedelta(days=1 if nominal <= local else 0)
    else:
        raise ValueError(f"The end {end} is a date without a time; write 06:00, or 2027-02-01 06:00.")
    ends_at = aware(nominal, zone)
    return ends_at if ends_at > starts_at else starts_at + (nominal - local)
