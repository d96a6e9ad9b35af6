"""A roster as a board: people or sites down, days across. The number of queries depends on nothing."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least

from rostering.models import Assignment, Availability, Organization, Roster, Shift, Site, Staff
from rostering.selectors.demand import ZONE_MARGIN, local_midnight
from rostering.selectors.holidays import public_holidays

PAGE = 100
LONG = timedelta(hours=12)
VIEWS = {"week": 7, "fortnight": 14, "month": 31}


@dataclass(frozen=True)
class Window:
    """The dates shown, both included, within the roster's."""

    view: str
    first: date
    last: date

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to."""

    name: str = ""
    site: int | None = None
    certification: int | None = None

    @property
    def any(self) -> bool:
        return bool(self.name or self.site or self.certification)


@dataclass
class Day:
    """A column: its date, what kind of day it is, and how many of its places are filled."""

    date: date
    weekend: bool
    holiday: str
    places: int = 0
    filled: int = 0

    @property
    def short(self) -> int:
        return self.places - self.filled


@dataclass(frozen=True)
class Chip:
    """An assignment on the board; `elsewhere` are published ones of other rosters."""

    pk: int
    code: str
    color: str
    clock: str
    site: str
    title: str
    pinned: bool
    elsewhere: bool
    override: bool


@dataclass
class Cell:
    """One person on one day."""

    day: Day
    chips: list[Chip] = field(default_factory=list)
    leave: str = ""
    wish: str = ""


@dataclass
class Row:
    """One person: minutes in this roster against the contract's share for its days."""

    staff: Staff
    cells: list[Cell]
    minutes: int = 0
    share_minutes: int = 0

    @property
    def load(self) -> int:
        """Percent of the share that is worked."""
        return round(100 * self.minutes / self.share_minutes) if self.share_minutes else 0


@dataclass(frozen=True)
class SiteShift:
    """A shift on the board of sites, with the names on it."""

    code: str
    color: str
    clock: str
    headcount: int
    names: list[str]

    @property
    def short(self) -> int:
        return max(0, self.headcount - len(self.names))


@dataclass
class SiteRow:
    """One site, its shifts day by day."""

    site: Site
    cells: list[tuple[Day, list[SiteShift]]]


def window_of(roster: Roster, view: str, first: date | None) -> Window:
    """The dates to show; an unknown view means the longest that fits the roster, dates outside it are brought in."""
    if view not in VIEWS:
        view = next((name for name, days in VIEWS.items() if roster.days <= days), "month")
    start = min(max(first or roster.start_date, roster.start_date), roster.end_date)
    return Window(view, start, min(start + timedelta(days=VIEWS[view] - 1), roster.end_date))


def days_of(roster: Roster, window: Window, filters: Filters) -> list[Day]:
    """The columns with their cover, of the filtered site alone where there is one."""
    organization = roster.organization
    holidays = public_holidays(organization, window.first, window.last)
    days = {when: Day(when, when.weekday() >= 5, holidays.get(when, "")) for when in window.dates}
    taken = (
        Assignment.objects.filter(shift=OuterRef("pk"), roster=roster)
        .order_by()
        .values("shift")
        .annotate(number=Count("*"))
        .values("number")
    )
    shifts = _shifts(roster, window)
    if filters.site:
        shifts = shifts.filter(site_id=filters.site)
    cover = (
        shifts.order_by()
        .annotate(taken=Coalesce(Subquery(taken), 0))
        .values("starts_at", "site__time_zone")
        .annotate(places=Sum("headcount"), filled=Sum(Least(F("headcount"), F("taken"))))
    )
    for row in cover:
        when = row["starts_at"].astimezone(_zone(row["site__time_zone"], organization)).date()
        if when in days:
            days[when].places += row["places"]
            days[when].filled += row["filled"]
    return list(days.values())


def people_of(roster: Roster, filters: Filters) -> QuerySet[Staff]:
    """Everybody who could be in the roster or is, in order of name, narrowed by the filters."""
    start = datetime.combine(roster.start_date, time.min, tzinfo=UTC)
    employed = Q(active=True, employed_from__lte=roster.end_date) & (
        Q(employed_until=None) | Q(employed_until__gte=roster.start_date)
    )
    assigned = Assignment.objects.filter(roster=roster)
    people: QuerySet[Staff] = Staff.objects.owned_by(roster.organization).filter(
        employed | Q(pk__in=assigned.values("staff"))
    )
    for word in filters.name.split():
        people = people.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(number__iexact=word))
    if filters.site:
        there = assigned.filter(shift__site_id=filters.site)
        people = people.filter(Q(home_site_id=filters.site) | Q(pk__in=there.values("staff")))
    if filters.certification:
        held = Q(certifications__certification_id=filters.certification) & (
            Q(certifications__expires=None) | Q(certifications__expires__gte=start.date())
        )
        people = people.filter(held).distinct()
    return people.select_related("contract").order_by("last_name", "first_name", "number")


def rows_of(roster: Roster, window: Window, days: Sequence[Day], people: Iterable[Staff]) -> list[Row]:
    """The people's rows; five queries."""
    rows = {person.pk: Row(person, [Cell(day) for day in days]) for person in people}
    for row in rows.values():
        row.share_minutes = round(row.staff.contract.weekly_minutes * roster.days / 7)
    position = {day.date: index for index, day in enumerate(days)}
    _put_minutes(roster, rows)
    _put_chips(roster, window, rows, position)
    _put_availability(roster.organization, window, rows, position)
    return list(rows.values())


def site_rows_of(roster: Roster, window: Window, days: Sequence[Day], sites: Iterable[Site]) -> list[SiteRow]:
    """The sites' rows, each shift with the names on it; two queries."""
    rows = {site.pk: SiteRow(site, [(day, []) for day in days]) for site in sites}
    position = {day.date: index for index, day in enumerate(days)}
    assigned = Assignment.objects.filter(roster=roster).select_related("staff").order_by("staff__last_name")
    shifts = (
        _shifts(roster, window)
        .filter(site_id__in=rows)
        .select_related("shift_type", "site__organization")
        .prefetch_related(Prefetch("assignments", assigned, to_attr="shown"))
        .order_by("starts_at", "shift_type__code")
    )
    for shift in shifts:
        local = shift.starts_at.astimezone(shift.site.tz)
        if local.date() in position:
            names = [f"{one.staff.last_name}, {one.staff.first_name[:1]}." for one in shift.shown]
            kind = shift.shift_type
            clock = _clock(local, shift.ends_at.astimezone(shift.site.tz))
            shown = SiteShift(kind.code, kind.color, clock, shift.headcount, names)
            rows[shift.site_id].cells[position[local.date()]][1].append(shown)
    return list(rows.values())


def sites_of(roster: Roster) -> QuerySet[Site]:
    """The sites a roster is about."""
    sites: QuerySet[Site] = roster.sites.all() if roster.sites.exists() else Site.objects.filter(active=True)
    return sites.filter(organization=roster.organization).order_by("code")


def _shifts(roster: Roster, window: Window) -> QuerySet[Shift]:
    start = local_midnight(window.first, roster.organization) - ZONE_MARGIN
    end = local_midnight(window.last + timedelta(days=1), roster.organization) + ZONE_MARGIN
    shifts: QuerySet[Shift] = Shift.objects.owned_by(roster.organization).filter(
        starts_at__gte=start, starts_at__lt=end, site__in=sites_of(roster)
    )
    return shifts


def _put_minutes(roster: Roster, rows: dict[int, Row]) -> None:
    worked = (
        Assignment.objects.filter(roster=roster, staff__in=rows)
        .order_by()
        .values("staff_id")
        .annotate(length=Sum(F("ends_at") - F("starts_at")), breaks=Sum("shift__unpaid_break_minutes"))
    )
    for found in worked:
        rows[found["staff_id"]].minutes = int(found["length"].total_seconds() // 60) - found["breaks"]


def _put_chips(roster: Roster, window: Window, rows: dict[int, Row], position: dict[date, int]) -> None:
    start = local_midnight(window.first, roster.organization) - ZONE_MARGIN
    end = local_midnight(window.last + timedelta(days=1), roster.organization) + ZONE_MARGIN
    shown = list(
        Assignment.objects.filter(staff__in=rows, starts_at__gte=start, starts_at__lt=end)
        .filter(Q(roster=roster) | Q(state=Roster.Status.PUBLISHED))
        .order_by("starts_at", "pk")
        .values(*CHIP_COLUMNS)  # instances with five related rows each took most of the page's time
    )
    mine = {(one["staff_id"], one["shift_id"]) for one in shown if one["roster_id"] == roster.pk}
    shifts: dict[int, _ShiftText] = {}
    for found in shown:
        own = found["roster_id"] == roster.pk
        if not own and (found["staff_id"], found["shift_id"]) in mine:
            continue  # the same work in the roster that this one would replace
        text = shifts.get(found["shift_id"])
        if text is None:
            text = shifts[found["shift_id"]] = _shift_text(found, roster.organization)
        if text.date in position:
            rows[found["staff_id"]].cells[position[text.date]].chips.append(_chip(found, text, own))


CHIP_COLUMNS = [
    *("pk", "staff_id", "shift_id", "roster_id", "starts_at", "ends_at", "pinned", "override_reason"),
    *("shift__site__code", "shift__site__name", "shift__site__time_zone"),
    *("shift__shift_type__code", "shift__shift_type__name", "shift__shift_type__color"),
    *("roster__name", "roster__start_date"),
]


@dataclass(frozen=True)
class _ShiftText:
    """What a shift reads like on its chips."""

    date: date
    clock: str
    title: str


def _shift_text(found: dict[str, Any], organization: Organization) -> _ShiftText:
    zone = _zone(found["shift__site__time_zone"], organization)
    start, end = found["starts_at"].astimezone(zone), found["ends_at"].astimezone(zone)
    overnight = " (next day)" if end.date() != start.date() else ""
    when = f"{start:%a %d %b} {start:%H:%M}–{end:%H:%M}{overnight} {start:%Z}"
    title = f"{found['shift__shift_type__name']}, {when}, {found['shift__site__name']}"
    return _ShiftText(start.date(), _clock(start, end), title)


def _chip(found: dict[str, Any], text: _ShiftText, own: bool) -> Chip:
    notes = " · pinned" if found["pinned"] else ""
    if found["override_reason"]:
        notes += f" · allowed although a rule speaks against it: {found['override_reason']}"
    if not own:
        notes += f" · published in {found['roster__name'] or 'the roster of ' + str(found['roster__start_date'])}"
    return Chip(
        found["pk"],
        found["shift__shift_type__code"],
        found["shift__shift_type__color"],
        text.clock,
        found["shift__site__code"],
        text.title + notes,
        found["pinned"],
        not own,
        bool(found["override_reason"]),
    )


def _clock(start: datetime, end: datetime) -> str:
    """Local hours as short as they can be read: “22–06”, “06:30–14”."""

    def short(moment: datetime) -> str:
        return f"{moment:%H}" if moment.minute == 0 else f"{moment:%H:%M}"

    return f"{short(start)}–{short(end)}"


def _put_availability(
    organization: Organization, window: Window, rows: dict[int, Row], position: dict[date, int]
) -> None:
    start = local_midnight(window.first, organization)
    end = local_midnight(window.last + timedelta(days=1), organization)
    entries = Availability.objects.filter(
        Q(starts_at__lt=end, ends_at__gt=start)
        | (Q(starts_on__lte=window.last) & (Q(ends_on=None) | Q(ends_on__gte=window.first))),
        staff__in=rows,
        approval=Availability.Approval.APPROVED,
    )
    for entry in entries:
        for when in _dates(entry, organization, position):
            cell = rows[entry.staff_id].cells[position[when]]
            text = f"{entry.get_kind_display()}{f': {entry.reason}' if entry.reason else ''}"
            if entry.kind == Availability.Kind.UNAVAILABLE and _is_long(entry):
                cell.leave = cell.leave or text
            else:
                cell.wish = cell.wish or text


def _is_long(entry: Availability) -> bool:
    """Whether the entry takes most of a day, rather than some of its hours."""
    if entry.starts_at is not None and entry.ends_at is not None:
        return entry.ends_at - entry.starts_at >= LONG
    start = datetime.combine(date.min, entry.start_time or time.min)
    end = datetime.combine(date.min, entry.end_time or time.min)
    return (end - start) % timedelta(days=1) >= LONG or end == start


def _dates(entry: Availability, organization: Organization, shown: Iterable[date]) -> list[date]:
    """The dates shown that an entry touches, in the organization's zone."""
    if entry.starts_at is not None and entry.ends_at is not None:
        first = entry.starts_at.astimezone(organization.tz).date()
        last = (entry.ends_at - timedelta(microseconds=1)).astimezone(organization.tz).date()
        return [when for when in shown if first <= when <= last]
    first, until = entry.starts_on or date.max, entry.ends_on or date.max
    return [when for when in shown if first <= when <= until and when.weekday() in entry.weekdays]


def _zone(name: str, organization: Organization) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name or organization.time_zone)


def gaps_by_roster(roster: Roster) -> QuerySet[Any]:
    """The roster's gaps in order of time, with what their sentence needs."""
    found: QuerySet[Any] = roster.gaps.select_related("shift__site__organization", "shift__shift_type")
    return found.order_by("shift__starts_at", "pk")
