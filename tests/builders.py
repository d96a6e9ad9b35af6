"""Rows for tests, with sensible defaults: plain functions that save and return one object each.

Every builder takes what the test is about as keywords and invents the rest. What belongs to an organization takes it
from `organization=`, else from a related object given (a site's shift is of the site's organization), else from
`make_organization()`, which returns the one with that slug when it exists. Times given as naive datetimes are local
times in the site's (or organization's) zone; dates are in a fixed quiet week far from any clock change.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from rostering.models import (
    Assignment,
    Availability,
    Certification,
    Contract,
    Gap,
    Membership,
    Notification,
    Organization,
    OvertimeTier,
    OwnedModel,
    Role,
    Roster,
    Rule,
    Shift,
    ShiftPattern,
    ShiftType,
    Site,
    Staff,
    StaffCertification,
)

MONDAY = date(2027, 2, 1)
"""A Monday; the first day builders use when a test does not care. The four weeks after it hold no clock change."""

PASSWORD = "a long enough passphrase"

_numbers = itertools.count(1)


def _next(prefix: str) -> str:
    return f"{prefix}{next(_numbers)}"


def _organization_of(organization: Organization | None, *related: OwnedModel | None) -> Organization:
    if organization is not None:
        return organization
    for other in related:
        if other is not None:
            owner: Organization = other.organization
            return owner
    return make_organization()


def local(day: date, clock: str | time, zone: str | ZoneInfo = "UTC") -> datetime:
    """An aware datetime: this date, this wall-clock time ("22:00"), this zone."""
    moment = time.fromisoformat(clock) if isinstance(clock, str) else clock
    return datetime.combine(day, moment, tzinfo=ZoneInfo(zone) if isinstance(zone, str) else zone)


def at(day: int, clock: str = "12:00") -> datetime:
    """A naive time for builders to read as local, so many days after `MONDAY`."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(clock))


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def make_organization(slug: str = "alpha", **fields: Any) -> Organization:
    """The organization with this slug, made when it does not exist; UTC unless `time_zone` says otherwise."""
    defaults = {"name": slug.title(), "time_zone": "UTC", "currency": "EUR", **fields}
    return Organization.objects.get_or_create(slug=slug, defaults=defaults)[0]


def make_user(username: str = "", *, superuser: bool = False, **fields: Any) -> User:
    """A user with `PASSWORD`, `is_staff` so that the admin lets them in."""
    defaults: dict[str, Any] = {"is_staff": True, "is_superuser": superuser, **fields}
    user: User = get_user_model().objects.create_user(username or _next("user"), password=PASSWORD, **defaults)
    return user


def make_member(
    organization: Organization | None = None, role: Role = Role.MANAGER, username: str = "", **fields: Any
) -> User:
    """A user with this role in the organization."""
    user = make_user(username, **fields)
    Membership.objects.create(organization=organization or make_organization(), user=user, role=role)
    return user


def make_certification(code: str = "", *, organization: Organization | None = None, **fields: Any) -> Certification:
    """A kind of license that blocks when lacking."""
    code = code or _next("LIC")
    return Certification.objects.create(
        organization=_organization_of(organization), code=code, **{"name": f"License {code}", **fields}
    )


def make_site(
    code: str = "",
    *,
    organization: Organization | None = None,
    required_certifications: Iterable[Certification] = (),
    **fields: Any,
) -> Site:
    """An active site in its organization's time zone."""
    code = code or _next("SITE")
    site = Site.objects.create(
        organization=_organization_of(organization), code=code, **{"name": f"Site {code}", **fields}
    )
    site.required_certifications.set(required_certifications)
    return site


def make_contract(name: str = "", *, organization: Organization | None = None, **fields: Any) -> Contract:
    """A contract of 40 hours a week without rules; see `make_rule`."""
    return Contract.objects.create(
        organization=_organization_of(organization), name=name or _next("Contract "), **fields
    )


def make_overtime_tier(
    contract: Contract, *, after_minutes: int = 2400, premium_percent: int = 25, **fields: Any
) -> OvertimeTier:
    """A tier of the contract."""
    return OvertimeTier.objects.create(
        organization=contract.organization,
        contract=contract,
        after_minutes=after_minutes,
        premium_percent=premium_percent,
        **fields,
    )


def make_rule(
    kind: str, *, contract: Contract | None = None, organization: Organization | None = None, **fields: Any
) -> Rule:
    """A rule of the contract, or of everybody without one; `fields` are the rule's columns."""
    owner = _organization_of(organization, contract)
    return Rule.objects.create(organization=owner, contract=contract, kind=kind, **fields)


def make_staff(
    name: str = "",
    *,
    organization: Organization | None = None,
    contract: Contract | None = None,
    home_site: Site | None = None,
    allowed_sites: Iterable[Site] = (),
    preferred_sites: Iterable[Site] = (),
    barred_sites: Iterable[Site] = (),
    **fields: Any,
) -> Staff:
    """A person employed since 2020 at 20.00 an hour; "Alice" becomes Alice with a last name of her own."""
    owner = _organization_of(organization, contract, home_site)
    first, _, last = name.partition(" ")
    number = _next("S")
    values: dict[str, Any] = {
        "number": number,
        "first_name": first or "Person",
        "last_name": last or number,
        "hourly_rate": Decimal("20.00"),
        "employed_from": date(2020, 1, 1),
        **fields,
    }
    contract = contract or Contract.objects.get_or_create(organization=owner, name="Full time")[0]
    staff = Staff.objects.create(organization=owner, contract=contract, home_site=home_site, **values)
    staff.allowed_sites.set(allowed_sites)
    staff.preferred_sites.set(preferred_sites)
    staff.barred_sites.set(barred_sites)
    return staff


def make_staff_certification(
    staff: Staff, certification: Certification | None = None, **fields: Any
) -> StaffCertification:
    """A verified certification the person has held since 2020, without expiry."""
    certification = certification or make_certification(organization=staff.organization)
    defaults: dict[str, Any] = {"issued": date(2020, 1, 1), "verified": True, **fields}
    return StaffCertification.objects.create(
        organization=staff.organization, staff=staff, certification=certification, **defaults
    )


def make_shift_type(
    code: str = "",
    *,
    organization: Organization | None = None,
    start: str = "08:00",
    hours: float = 8,
    required_certifications: Iterable[Certification] = (),
    **fields: Any,
) -> ShiftType:
    """A shift type from this local time for so many hours, without a break."""
    code = code or _next("T")
    values: dict[str, Any] = {
        "name": f"Type {code}",
        "start_time": time.fromisoformat(start),
        "duration_minutes": round(hours * 60),
        **fields,
    }
    shift_type = ShiftType.objects.create(organization=_organization_of(organization), code=code, **values)
    shift_type.required_certifications.set(required_certifications)
    return shift_type


def _some_site(owner: Organization) -> Site:
    return Site.objects.owned_by(owner).first() or make_site(organization=owner)


def _some_shift_type(owner: Organization, start: time, minutes: int) -> ShiftType:
    found = ShiftType.objects.owned_by(owner).filter(start_time=start, duration_minutes=minutes).first()
    return found or make_shift_type(organization=owner, start=start.isoformat(), hours=minutes / 60)


def make_shift_pattern(
    *,
    organization: Organization | None = None,
    site: Site | None = None,
    shift_type: ShiftType | None = None,
    weekdays: Sequence[int] = range(7),
    starts_on: date = MONDAY,
    **fields: Any,
) -> ShiftPattern:
    """One person every day from `MONDAY` on."""
    owner = _organization_of(organization, site, shift_type)
    return ShiftPattern.objects.create(
        organization=owner,
        site=site or _some_site(owner),
        shift_type=shift_type or _some_shift_type(owner, time(8), 480),
        weekdays=list(weekdays),
        starts_on=starts_on,
        **fields,
    )


def make_shift(
    starts_at: datetime | None = None,
    *,
    hours: float = 8,
    organization: Organization | None = None,
    site: Site | None = None,
    shift_type: ShiftType | None = None,
    required_certifications: Iterable[Certification] = (),
    **fields: Any,
) -> Shift:
    """A shift for one person of so many real hours, by default at 08:00 on `MONDAY`.

    Without a site it is at the organization's first, or at a new one where that already has the same shift.
    With a `shift_type` and no `starts_at` it starts on `MONDAY` at the type's time and is as long as the type says.
    """
    owner = _organization_of(organization, site, shift_type)
    place = site or _some_site(owner)
    if shift_type is not None and starts_at is None:
        starts_at, hours = datetime.combine(MONDAY, shift_type.start_time), shift_type.duration_minutes / 60
    start = _aware(starts_at or datetime.combine(MONDAY, time(8)), place.tz)
    clock = start.astimezone(place.tz).time()
    shift_type = shift_type or _some_shift_type(owner, clock, round(hours * 60))
    if site is None and place.shifts.filter(shift_type=shift_type, starts_at=start).exists():
        place = make_site(organization=owner)
    end = start.astimezone(UTC) + timedelta(hours=hours)
    values: dict[str, Any] = {"ends_at": end, "unpaid_break_minutes": shift_type.unpaid_break_minutes, **fields}
    shift = Shift.objects.create(organization=owner, site=place, shift_type=shift_type, starts_at=start, **values)
    shift.required_certifications.set(required_certifications)
    return shift


def shift_at(hour: int, day: int = 0, **fields: Any) -> Shift:
    """A shift from this full hour on, so many days after `MONDAY`."""
    return make_shift(at(day, f"{hour:02}:00"), **fields)


def hold_guard_license(staff: Staff, expires: date | None, **fields: Any) -> StaffCertification:
    """The one kind of license `GUARD` of the organization, held by the person until this day."""
    guard, _ = Certification.objects.get_or_create(organization=staff.organization, code="GUARD", name="Guard license")
    return make_staff_certification(staff, guard, expires=expires, **fields)


def make_availability(
    staff: Staff, starts_at: datetime | None = None, ends_at: datetime | None = None, **fields: Any
) -> Availability:
    """An approved span, unavailable unless `kind` says otherwise: all of `MONDAY` when no times are given."""
    zone = staff.organization.tz
    start = _aware(starts_at or datetime.combine(MONDAY, time(0)), zone)
    end = _aware(ends_at, zone) if ends_at else start + timedelta(days=1)
    return Availability.objects.create(
        organization=staff.organization, staff=staff, starts_at=start, ends_at=end, **fields
    )


def make_weekly_availability(
    staff: Staff, weekdays: Sequence[int] = (0,), start: str = "08:00", end: str = "16:00", **fields: Any
) -> Availability:
    """The recurring form, from `MONDAY` on, unavailable unless `kind` says otherwise."""
    values: dict[str, Any] = {"starts_on": MONDAY, **fields}
    return Availability.objects.create(
        organization=staff.organization,
        staff=staff,
        weekdays=list(weekdays),
        start_time=time.fromisoformat(start),
        end_time=time.fromisoformat(end),
        **values,
    )


def make_roster(
    *,
    organization: Organization | None = None,
    start_date: date = MONDAY,
    days: int = 7,
    sites: Iterable[Site] = (),
    **fields: Any,
) -> Roster:
    """A draft roster of `days` days from `MONDAY` over all sites, or those given."""
    sites = list(sites)
    values: dict[str, Any] = {"end_date": start_date + timedelta(days=days - 1), **fields}
    owner = _organization_of(organization, *sites)
    roster = Roster.objects.create(organization=owner, start_date=start_date, **values)
    roster.sites.set(sites)
    return roster


def make_assignment(
    roster: Roster, shift: Shift | None = None, staff: Staff | None = None, **fields: Any
) -> Assignment:
    """A person on a shift in the roster; its times and state follow the shift and the roster."""
    shift = shift or make_shift(organization=roster.organization)
    staff = staff or make_staff(organization=roster.organization)
    values: dict[str, Any] = {
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "state": roster.status,
        **fields,
    }
    return Assignment.objects.create(
        organization=roster.organization, roster=roster, shift=shift, staff=staff, **values
    )


def make_gap(roster: Roster, shift: Shift | None = None, *, short: int = 1, **fields: Any) -> Gap:
    """A shift of the roster with places left open."""
    shift = shift or make_shift(organization=roster.organization)
    return Gap.objects.create(organization=roster.organization, roster=roster, shift=shift, short=short, **fields)


def make_notification(organization: Organization | None = None, **fields: Any) -> Notification:
    """An unsent message to nobody in particular."""
    values: dict[str, Any] = {"kind": "note", "subject": "A note", "key": _next("note:"), **fields}
    return Notification.objects.create(organization=_organization_of(organization), **values)
