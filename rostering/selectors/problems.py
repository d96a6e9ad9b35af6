"""The ORM's side of the bridge to the solver: a roster's world read into a frozen Problem, in few, constant queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from rostering.models import (
    Assignment,
    Availability,
    Certification,
    Organization,
    Priority,
    Roster,
    Shift,
    ShiftType,
    Site,
    Staff,
)
from rostering.selectors.demand import ZONE_MARGIN, local_midnight, shifts_of
from rostering.selectors.fair_shares import with_fair_shares
from rostering.selectors.holidays import public_holidays
from rostering.selectors.rulebook import Rulebook
from rostering.solver import problem as solver

HISTORY_DAYS = 42
"""How far published work before and after a roster is looked at; longer rolling windows see that much."""


@dataclass(frozen=True)
class Loaded:
    """A roster's problem beside the rows it was read from, by primary key."""

    problem: solver.Problem
    shifts: dict[int, Shift]
    staff: dict[int, Staff]


def load_problem(roster: Roster, including: Staff | None = None) -> Loaded:
    """Everything the solver and the checker need to know of a roster; ids are primary keys as text.

    `including` adds a person who would not be rostered by themselves (no longer employed, say), to be judged.
    """
    return _Loader(roster, including).load()


def minutes(moment: datetime) -> int:
    """Whole minutes since the Unix epoch, UTC."""
    return int(moment.timestamp() // 60)


class _Loader:
    def __init__(self, roster: Roster, including: Staff | None) -> None:
        self.roster = roster
        self.including = including
        self.organization: Organization = roster.organization
        self.tz = self.organization.tz
        margin = timedelta(days=HISTORY_DAYS)
        self.first, self.last = roster.start_date - margin, roster.end_date + margin
        self.holidays = public_holidays(self.organization, self.first, self.last)

    def load(self) -> Loaded:
        shifts = shifts_of(self.roster)
        self.requirements = _Requirements(self.organization)
        demand = tuple(self.read_shift(shift) for shift in shifts)
        staff = self.read_staff()
        context = self.read_context({shift.pk for shift in shifts})
        calendar = self.read_calendar()
        rulebook = Rulebook(self.roster)
        absences, wishes = self.read_availability()
        holdings = _holdings(self.organization)
        people = tuple(
            self.read_person(
                person,
                rulebook=rulebook,
                context=context[person.pk],
                absences=absences[person.pk],
                wishes=wishes[person.pk],
                holdings=holdings[person.pk],
            )
            for person in staff
        )
        problem = solver.Problem(
            calendar=calendar,
            shifts=demand,
            staff=with_fair_shares(
                people,
                demand,
                calendar,
                weekly_minutes={str(person.pk): person.contract.weekly_minutes for person in staff},
                zone=self.tz,
            ),
            pins=frozenset(self.read_pins({shift.pk for shift in shifts}, {person.pk for person in staff})),
            budget_cents=round(self.roster.budget * 100) if self.roster.budget is not None else None,
            cost_weight=self.organization.cost_weight / 100,
            currency=self.organization.currency,
        )
        return Loaded(problem, {shift.pk: shift for shift in shifts}, {person.pk: person for person in staff})

    def read_calendar(self) -> solver.Calendar:
        before, after = _known_days(self.roster)
        return solver.Calendar(
            start=self.roster.start_date,
            days=self.roster.days,
            week_start=self.organization.week_start,
            known_before=before,
            known_after=after,
        )

    def read_shift(self, shift: Shift) -> solver.Shift:
        tz = shift.site.tz
        start, end = shift.starts_at.astimezone(tz), shift.ends_at.astimezone(tz)
        last = (end - timedelta(microseconds=1)).date()
        blocking, wanted = self.requirements.of(shift)
        sunday, holiday = self.premium_minutes(start, end)
        return solver.Shift(
            id=str(shift.pk),
            site=str(shift.site_id),
            type=shift.shift_type.code,
            start=minutes(shift.starts_at),
            end=minutes(shift.ends_at),
            day=(start.date() - self.roster.start_date).days,
            end_day=(last - self.roster.start_date).days,
            paid_minutes=shift.paid_minutes,
            headcount=shift.headcount,
            tags=frozenset(shift.shift_type.tags) | self.date_tags(start.date(), last),
            certifications=blocking,
            wanted_certifications=wanted,
            under_cost=Priority(shift.priority).unfilled_cost if shift.unfilled_cost is None else shift.unfilled_cost,
            over_cost=shift.overfill_cost,
            sunday_minutes=sunday,
            holiday_minutes=holiday,
            label=f"{shift.shift_type.code} {start:%H:%M}–{end:%H:%M} {start:%a %d %b} at {shift.site.code}",
        )

    def date_tags(self, first: date, last: date) -> frozenset[str]:
        days = {first, last}
        tags = {"weekend"} if any(day.weekday() >= 5 for day in days) else set()
        tags |= {"sunday"} if any(day.weekday() == 6 for day in days) else set()
        tags |= {"holiday"} if days & self.holidays.keys() else set()
        return frozenset(tags)

    def premium_minutes(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Real minutes of a shift that fall on Sundays and on public holidays, at its site."""
        sunday = holiday = 0
        for part_start, part_end in _by_date(start, end):
            length = minutes(part_end) - minutes(part_start)
            sunday += length if part_start.weekday() == 6 else 0
            holiday += length if part_start.date() in self.holidays else 0
        return sunday, holiday

    def read_staff(self) -> list[Staff]:
        """Everybody who may be rostered, and whoever this roster already names, so that nobody escapes judgement."""
        employed = Q(active=True, employed_from__lte=self.roster.end_date) & (
            Q(employed_until=None) | Q(employed_until__gte=self.roster.start_date)
        )
        named = Q(pk__in=Assignment.objects.filter(roster=self.roster).values("staff_id"))
        if self.including is not None:
            named |= Q(pk=self.including.pk)
        return list(
            Staff.objects.owned_by(self.organization)
            .filter(employed | named)
            .select_related("contract")
            .prefetch_related("allowed_sites", "preferred_sites", "barred_sites")
            .order_by("pk")
        )

    def read_person(
        self,
        person: Staff,
        *,
        rulebook: Rulebook,
        context: list[solver.Shift],
        absences: list[solver.Absence],
        wishes: list[solver.Wish],
        holdings: list[solver.Holding],
    ) -> solver.Staff:
        allowed = frozenset(str(site.pk) for site in person.allowed_sites.all())
        pair_rules, rules = rulebook.of(person)
        start = self.roster.start_date
        until = person.employed_until if person.active else start - timedelta(days=1)
        return solver.Staff(
            id=str(person.pk),
            name=person.name,
            rate_cents_per_hour=round(person.hourly_rate * 100),
            holdings=tuple(holdings),
            absences=tuple(absences),
            wishes=tuple(wishes),
            employed_from=(person.employed_from - start).days,
            employed_until=(until - start).days if until else None,
            home_site=str(person.home_site_id) if person.home_site_id else None,
            allowed_sites=allowed or None,
            preferred_sites=frozenset(str(site.pk) for site in person.preferred_sites.all()),
            barred_sites=frozenset(str(site.pk) for site in person.barred_sites.all()),
            pair_rules=pair_rules,
            rules=rules,
            context=tuple(context),
        )

    def read_context(self, in_scope: set[int]) -> dict[int, list[solver.Shift]]:
        """Published work of everybody outside this roster's own shifts, near enough in time to matter."""
        low = local_midnight(self.first, self.organization) - ZONE_MARGIN
        high = local_midnight(self.last, self.organization) + ZONE_MARGIN
        rows = (
            Assignment.objects.owned_by(self.organization)
            .filter(state=Roster.Status.PUBLISHED, starts_at__gte=low, starts_at__lt=high)
            .exclude(roster=self.roster)
            .select_related("shift__site__organization", "shift__shift_type")
            .order_by("starts_at", "pk")
        )
        context: dict[int, list[solver.Shift]] = defaultdict(list)
        for row in rows:
            if row.shift_id not in in_scope:
                context[row.staff_id].append(self.read_shift(row.shift))
        return context

    def read_availability(self) -> tuple[dict[int, list[solver.Absence]], dict[int, list[solver.Wish]]]:
        absences: dict[int, list[solver.Absence]] = defaultdict(list)
        wishes: dict[int, list[solver.Wish]] = defaultdict(list)
        first, last = self.roster.start_date - timedelta(days=2), self.roster.end_date + timedelta(days=2)
        low, high = local_midnight(first, self.organization), local_midnight(last, self.organization)
        rows = (
            Availability.objects.owned_by(self.organization)
            .filter(approval=Availability.Approval.APPROVED)
            .exclude(ends_at__lte=low)
            .exclude(starts_at__gte=high)
            .exclude(starts_on__gt=last)
            .exclude(ends_on__lt=first)
            .select_related("shift_type")
            .order_by("pk")
        )
        for row in rows:
            for start, end in self.spans(row, first, last):
                if row.kind == Availability.Kind.UNAVAILABLE:
                    absences[row.staff_id].append(solver.Absence(start, end, row.reason or "unavailable"))
                else:
                    wanted = row.kind == Availability.Kind.WANTED
                    shift_type = row.shift_type.code if row.shift_type else None
                    wishes[row.staff_id].append(solver.Wish(start, end, row.weight, wanted, shift_type))
        return absences, wishes

    def spans(self, row: Availability, first: date, last: date) -> Iterator[tuple[int, int]]:
        """The entry's spans in minutes; a weekly one unrolled, each day's in local time of the organization."""
        if row.starts_at is not None and row.ends_at is not None:
            yield minutes(row.starts_at), minutes(row.ends_at)
            return
        if row.start_time is None or row.end_time is None or row.starts_on is None:
            return
        day = max(first, row.starts_on)
        final = min(last, row.ends_on) if row.ends_on else last
        overnight = timedelta(days=1 if row.end_time <= row.start_time else 0)
        while day <= final:
            if day.weekday() in row.weekdays:
                start = datetime.combine(day, row.start_time, tzinfo=self.tz)
                end = datetime.combine(day + overnight, row.end_time, tzinfo=self.tz)
                yield minutes(start), minutes(end)
            day += timedelta(days=1)

    def read_pins(self, shifts: set[int], staff: set[int]) -> Iterator[tuple[str, str]]:
        rows = Assignment.objects.filter(roster=self.roster, pinned=True).values_list("staff_id", "shift_id")
        return ((str(person), str(shift)) for person, shift in rows if shift in shifts and person in staff)


class _Requirements:
    """Which certifications a shift asks for: its own, its site's and its type's; blocking and wanted ones apart."""

    def __init__(self, organization: Organization) -> None:
        rows = Certification.objects.owned_by(organization)
        self.blocks = {row.pk: row.blocks for row in rows}
        self.codes = {row.pk: row.code for row in rows}
        self.by_shift = _pairs(Shift.required_certifications.through, "shift_id", organization)
        self.by_site = _pairs(Site.required_certifications.through, "site_id", organization)
        self.by_type = _pairs(ShiftType.required_certifications.through, "shifttype_id", organization)

    def of(self, shift: Shift) -> tuple[frozenset[str], frozenset[str]]:
        needed = self.by_shift[shift.pk] | self.by_site[shift.site_id] | self.by_type[shift.shift_type_id]
        blocking = frozenset(self.codes[pk] for pk in needed if self.blocks[pk])
        return blocking, frozenset(self.codes[pk] for pk in needed) - blocking


def _pairs(through: type, column: str, organization: Organization) -> dict[int, frozenset[int]]:
    pairs: dict[int, set[int]] = defaultdict(set)
    rows = through.objects.filter(certification__organization=organization)  # type: ignore[attr-defined]
    for owner, certification in rows.values_list(column, "certification_id"):
        pairs[owner].add(certification)
    return defaultdict(frozenset, {owner: frozenset(found) for owner, found in pairs.items()})


def _holdings(organization: Organization) -> dict[int, list[solver.Holding]]:
    """Certifications by person; the last valid day counts whole, in the organization's zone."""
    from_epoch = minutes(datetime(1970, 1, 1, tzinfo=UTC))
    far = minutes(datetime(9000, 1, 1, tzinfo=UTC))
    holdings: dict[int, list[solver.Holding]] = defaultdict(list)
    rows = Certification.objects.owned_by(organization).values_list(
        "holders__staff_id", "code", "holders__issued", "holders__expires"
    )
    for staff, code, issued, expires in rows:
        if staff is None:
            continue
        start = minutes(local_midnight(issued, organization)) if issued else from_epoch
        end = minutes(local_midnight(expires + timedelta(days=1), organization)) if expires else far
        holdings[staff].append(solver.Holding(code, start, end))
    return holdings


def _known_days(roster: Roster) -> tuple[int, int]:
    """Days without a break, before the roster and after it, that some published roster covers."""
    margin = timedelta(days=HISTORY_DAYS)
    others = (
        Roster.objects.owned_by(roster.organization)
        .filter(
            status=Roster.Status.PUBLISHED,
            start_date__lte=roster.end_date + margin,
            end_date__gte=roster.start_date - margin,
        )
        .exclude(pk=roster.pk)
        .values_list("start_date", "end_date")
    )
    spans = list(others)
    before = _count(spans, (roster.start_date - timedelta(days=n) for n in range(1, HISTORY_DAYS + 1)))
    after = _count(spans, (roster.end_date + timedelta(days=n) for n in range(1, HISTORY_DAYS + 1)))
    return before, after


def _count(spans: list[tuple[date, date]], days: Iterable[date]) -> int:
    count = 0
    for day in days:
        if not any(first <= day <= last for first, last in spans):
            break
        count += 1
    return count


def _by_date(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A local span cut at each midnight."""
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time.min, tzinfo=start.tzinfo)
        cut = min(end, midnight)
        yield start, cut
        start = cut
