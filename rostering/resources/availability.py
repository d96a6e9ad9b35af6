"""Leave, sickness, weekly unavailability and wishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from rostering.models import Availability
from rostering.resources.base import OrganizationResource
from rostering.resources.cells import Cell, Choice, Clock, Day, Moment, One, Weekdays, Whole
from rostering.resources.demand import aware, wall_clock
from rostering.resources.rows import Column, Row

SPAN = ("starts_at", "ends_at")
WEEKLY = ("weekdays", "start_time", "end_time", "starts_on", "ends_on")


class AvailabilityResource(OrganizationResource):
    """One span (`starts_at`, `ends_at`) or a weekly form (the other times); times are the organization's."""

    file_name = "availability"
    key = ("staff", "kind", "shift_type", "starts_at", "ends_at", "weekdays", "start_time", "end_time", "starts_on")
    examples = [
        {
            "staff": "90001",
            "kind": "unavailable",
            "starts_at": "2027-02-08",
            "ends_at": "2027-02-14",
            "reason": "Annual leave",
            "approval": "approved",
        },
        {
            "staff": "90002",
            "kind": "unavailable",
            "weekdays": "mon-fri",
            "start_time": "07:30",
            "end_time": "09:00",
            "starts_on": "2027-01-04",
            "ends_on": "2027-06-30",
            "reason": "School run",
        },
        {
            "staff": "90002",
            "kind": "wanted",
            "starts_at": "2027-02-06 00:00",
            "ends_at": "2027-02-07 00:00",
            "shift_type": "EARLY",
            "weight": 20,
        },
    ]

    staff = Column(One("staff"), "Staff number.", attribute="staff", required=True)
    kind = Column(
        Choice(Availability.Kind), "`unavailable`, `unwanted` or `wanted`; empty: unavailable.", attribute="kind"
    )
    starts_at = Column(Moment(), "2027-02-08, or 2027-02-08 13:00.", attribute="starts_at")
    ends_at = Column(Moment(), "A date is the last day, included; or 2027-02-14 18:00.", attribute="ends_at")
    weekdays = Column(
        Weekdays(), "Every week on these: `mon;wed`, `mon-fri` or `daily`.", attribute="weekdays", empty=()
    )
    start_time = Column(Clock(), "From this time on each of them.", attribute="start_time")
    end_time = Column(Clock(), "To this time, the next day when not after the start.", attribute="end_time")
    starts_on = Column(Day(), "First date of the weekly form.", attribute="starts_on")
    ends_on = Column(Day(), "Its last date; empty: open-ended.", attribute="ends_on")
    shift_type = Column(One("shift_type"), "Code, for a wish that speaks of one type alone.", attribute="shift_type")
    reason = Column(Cell(), "Such as annual leave.", attribute="reason")
    weight = Column(Whole(maximum=1000), "Points when a wish is not met; empty: 10.", attribute="weight")
    approval = Column(
        Choice(Availability.Approval),
        "`requested`, `approved` or `declined`; only approved ones bind. Empty: approved.",
        attribute="approval",
    )

    class Meta:
        model = Availability

    def build(self, row: Row) -> dict[str, Any]:
        """Spans in UTC; what identifies an entry is always known, also without its column."""
        assert self.organization is not None  # noqa: S101 – the file was refused otherwise
        values: dict[str, Any] = {
            "kind": Availability.Kind.UNAVAILABLE.value,
            **dict.fromkeys((*SPAN, "shift_type", "start_time", "end_time", "starts_on")),
            "weekdays": [],
            **super().build(row),
        }
        zone = self.organization.tz
        for name in SPAN:
            if isinstance(values[name], time):
                row.wrong(name, "A time without a date; write 2027-02-08, or 2027-02-08 13:00.")
            elif values[name] is not None:
                values[name] = _moment(values[name], zone, last=name == "ends_at")
        values["weekdays"] = list(values["weekdays"])
        self._check_form(row, values)
        return values

    def _check_form(self, row: Row, values: dict[str, Any]) -> None:
        span = [name for name in SPAN if values.get(name)]
        weekly = [name for name in WEEKLY if values.get(name) or isinstance(values.get(name), time)]
        if span and weekly:
            row.wrong(weekly[0], "A span has no weekly times; empty starts_at and ends_at, or the weekly columns.")
        elif len(span) == 1:
            row.wrong("ends_at" if "starts_at" in span else "starts_at", "A span needs both starts_at and ends_at.")
        elif not span:
            missing = [name for name in WEEKLY[:4] if name not in weekly]
            if missing:
                row.wrong(
                    missing[0],
                    "Give starts_at and ends_at, or weekdays, start_time, end_time and starts_on for every week.",
                )

    def check(self, row: Row) -> None:
        """It ends after it starts."""
        entry: Availability = row.instance
        if entry.starts_at is not None and entry.ends_at is not None and entry.ends_at <= entry.starts_at:
            row.wrong("ends_at", "It ends before it starts; correct starts_at or ends_at.")
        if entry.ends_on is not None and entry.starts_on is not None and entry.ends_on < entry.starts_on:
            row.wrong("ends_on", f"The last date lies before the first, {entry.starts_on}; correct one of them.")

    def narrow(self, rows: QuerySet[Any], wanted: Sequence[Row]) -> QuerySet[Any]:
        """Those of the people in the file."""
        return rows.filter(staff__in={row.values["staff"].pk for row in wanted})

    def dehydrate_starts_at(self, entry: Availability) -> str:
        """A date where it begins with the day."""
        return _written(entry.starts_at, entry.organization.tz, last=False)

    def dehydrate_ends_at(self, entry: Availability) -> str:
        """The last day where it ends with one."""
        return _written(entry.ends_at, entry.organization.tz, last=True)


def _moment(value: Any, zone: ZoneInfo, *, last: bool) -> datetime:
    if isinstance(value, datetime):
        return aware(value, zone)
    return aware(datetime.combine(value + timedelta(days=1 if last else 0), time.min), zone)


def _written(moment: datetime | None, zone: ZoneInfo, *, last: bool) -> str:
    """The shortest text that is read back as the same moment."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    if local.time() == time.min and datetime.combine(local.date(), time.min, zone).astimezone(UTC) == moment:
        return (local.date() - timedelta(days=1 if last else 0)).isoformat()
    plain = wall_clock(local)
    if aware(plain, zone) == moment:
        return plain.isoformat(sep=" ", timespec="minutes")
    return local.isoformat(sep=" ", timespec="minutes")
