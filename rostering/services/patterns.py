"""Recurring demand becomes shifts, in site time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from rostering.models import Organization, Shift, ShiftPattern, ShiftType
from rostering.selectors.demand import ZONE_MARGIN
from rostering.selectors.holidays import public_holidays

MAX_DAYS = 400
MAX_HEADCOUNT = 500
Key = tuple[int, int, datetime]


@dataclass(frozen=True, slots=True)
class Materialized:
    """How many shifts a call made, and how many it found there already and left as they are."""

    created: int
    existing: int


def materialize(
    *,
    organization: Organization,
    first_day: date,
    last_day: date,
    patterns: Iterable[ShiftPattern] | None = None,
    unmade_only: bool = False,
) -> Materialized:
    """Make the shifts of the organization's patterns that start on these local dates, both included.

    A shift that exists (same site, type and start) stays as it is, so calling again doubles nothing and undoes no
    edit. Where several patterns ask for the same shift their headcounts add up. Inactive sites get none. With
    `unmade_only` each pattern starts after the days it was made for before, so that deleted shifts stay deleted. The
    number of queries does not depend on the number of patterns or days. Raises ValidationError, having made nothing,
    for dates in the wrong order or more than `MAX_DAYS` days.
    """
    _check_days(first_day, last_day)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)  # one run at a time counts right
        chosen = list(_patterns(organization, first_day, last_day, patterns))
        wanted = _wanted(organization, first_day, last_day, chosen, unmade_only)
        existing = _existing(organization, first_day, last_day)
        missing = [shift for key, shift in wanted.items() if key not in existing]
        Shift.objects.bulk_create(missing, batch_size=2000, ignore_conflicts=True)
        _remember(organization, chosen, first_day, last_day)
    return Materialized(created=len(missing), existing=len(wanted) - len(missing))


def keep_ahead(*, organization: Organization) -> Materialized:
    """Make the shifts of the organization's `shift_weeks_ahead` weeks to come that no run has made before.

    What a person deleted or moved since stays as they left it. Does nothing with 0 weeks.
    """
    if not organization.shift_weeks_ahead:
        return Materialized(0, 0)
    today = timezone.localdate(timezone=organization.tz)
    last = today + timedelta(weeks=organization.shift_weeks_ahead, days=-1)
    return materialize(organization=organization, first_day=today, last_day=last, unmade_only=True)


def _remember(organization: Organization, patterns: list[ShiftPattern], first_day: date, last_day: date) -> None:
    """Note how far each pattern is made, where that leaves no day out between today and then."""
    rows = ShiftPattern.objects.filter(pk__in=[pattern.pk for pattern in patterns])
    if first_day > timezone.localdate(timezone=organization.tz):
        rows = rows.filter(Q(made_until__gte=first_day - timedelta(days=1)) | Q(starts_on__gte=first_day))
    rows.filter(Q(made_until=None) | Q(made_until__lt=last_day)).update(made_until=last_day)


def shift_times(day: date, start: time, duration_minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end, in UTC, of a shift that starts on this local date at this wall-clock time.

    The end is the wall-clock end: a 22:00–06:00 night has 7 real hours when clocks go forward and 9 when they go back.
    A time the clock skips is taken as long after midnight as on other days (02:30 becomes 03:30); of a time that comes
    twice the first is meant. Where the skip leaves nothing between start and end, the nominal duration counts.
    """
    nominal = datetime.combine(day, start)
    starts_at = nominal.replace(tzinfo=zone).astimezone(UTC)
    ends_at = (nominal + timedelta(minutes=duration_minutes)).replace(tzinfo=zone).astimezone(UTC)
    if ends_at <= starts_at:
        ends_at = starts_at + timedelta(minutes=duration_minutes)
    return starts_at, ends_at


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise ValidationError({"last_day": f"The last day {last_day} lies before the first day {first_day}."})
    days = (last_day - first_day).days + 1
    if days > MAX_DAYS:
        raise ValidationError({"last_day": f"{days} days are too many at once; ask for {MAX_DAYS} at most."})


def _wanted(
    organization: Organization, first_day: date, last_day: date, patterns: list[ShiftPattern], unmade_only: bool
) -> dict[Key, Shift]:
    holidays = public_holidays(organization, first_day, last_day)
    wanted: dict[Key, Shift] = {}
    for pattern in patterns:
        zone, kind = pattern.site.tz, pattern.shift_type
        made = pattern.made_until if unmade_only else None
        start = max(first_day, made + timedelta(days=1)) if made else first_day
        for day in _days(pattern, start, last_day, holidays):
            starts_at, ends_at = shift_times(day, kind.start_time, kind.duration_minutes, zone)
            key = (pattern.site_id, pattern.shift_type_id, starts_at)
            if key in wanted:
                wanted[key].headcount = min(MAX_HEADCOUNT, wanted[key].headcount + pattern.headcount)
            else:
                wanted[key] = _shift(pattern, kind, starts_at, ends_at)
    return wanted


def _patterns(
    organization: Organization, first_day: date, last_day: date, patterns: Iterable[ShiftPattern] | None
) -> Iterator[ShiftPattern]:
    chosen = ShiftPattern.objects.owned_by(organization).filter(
        Q(ends_on=None) | Q(ends_on__gte=first_day), starts_on__lte=last_day, site__active=True
    )
    if patterns is not None:
        chosen = chosen.filter(pk__in=[pattern.pk for pattern in patterns])
    yield from chosen.select_related("site__organization", "shift_type").order_by("starts_on", "pk")


def _days(pattern: ShiftPattern, first_day: date, last_day: date, holidays: dict[date, str]) -> Iterator[date]:
    first = max(first_day, pattern.starts_on)
    last = min(last_day, pattern.ends_on or last_day)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day.weekday() not in pattern.weekdays:
            continue
        if pattern.holidays == ShiftPattern.Holidays.SKIP and day in holidays:
            continue
        if pattern.holidays == ShiftPattern.Holidays.ONLY and day not in holidays:
            continue
        yield day


def _shift(pattern: ShiftPattern, kind: ShiftType, starts_at: datetime, ends_at: datetime) -> Shift:
    return Shift(
        organization_id=pattern.organization_id,
        site_id=pattern.site_id,
        shift_type_id=pattern.shift_type_id,
        pattern=pattern,
        starts_at=starts_at,
        ends_at=ends_at,
        headcount=pattern.headcount,
        unpaid_break_minutes=kind.unpaid_break_minutes,
        priority=pattern.priority,
    )


def _existing(organization: Organization, first_day: date, last_day: date) -> set[Key]:
    midnight = datetime.combine(first_day, time.min, tzinfo=UTC)
    end = datetime.combine(last_day, time.max, tzinfo=UTC)
    found = Shift.objects.owned_by(organization).filter(
        starts_at__gte=midnight - ZONE_MARGIN, starts_at__lte=end + ZONE_MARGIN
    )
    return {(site, kind, start) for site, kind, start in found.values_list("site_id", "shift_type_id", "starts_at")}
