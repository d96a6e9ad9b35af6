"""The shapes demo data is written down in: plain facts, with days counted from the first day of the coming roster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rostering.models import Availability, Certification, Priority, ShiftPattern


@dataclass(frozen=True)
class CertificationSpec:
    """A kind of license or skill."""

    code: str
    name: str
    kind: str = Certification.Kind.LICENSE
    validity_months: int | None = None
    warn_days: int = 60
    blocks: bool = True


@dataclass(frozen=True)
class SiteSpec:
    """A place, and what everybody there needs."""

    code: str
    name: str
    client_name: str
    address: str
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class TypeSpec:
    """A shift type; `minutes` long, the unpaid `pause` included."""

    code: str
    name: str
    color: str
    start: str
    minutes: int
    pause: int
    tags: tuple[str, ...]
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class PatternSpec:
    """Recurring demand. `from_day` and `until_day` bound it; None: always."""

    site: str
    type: str
    weekdays: tuple[int, ...]
    headcount: int = 1
    priority: str = Priority.NORMAL
    holidays: str = ShiftPattern.Holidays.AS_USUAL
    from_day: int | None = None
    until_day: int | None = None


@dataclass(frozen=True)
class RuleSpec:
    """A rule: its kind and the columns it needs."""

    kind: str
    columns: Mapping[str, Any] = field(default_factory=dict)


def required(kind: str, **columns: Any) -> RuleSpec:
    """A rule that is never broken."""
    return RuleSpec(kind, {"required": True, **columns})


def preferred(kind: str, weight: float, **columns: Any) -> RuleSpec:
    """A rule that costs points when broken."""
    return RuleSpec(kind, {"required": False, "weight": weight, **columns})


@dataclass(frozen=True)
class ContractSpec:
    """A contract with its rules and overtime tiers (minutes, percent)."""

    name: str
    weekly_minutes: int
    rules: tuple[RuleSpec, ...] = ()
    overtime: tuple[tuple[int, int], ...] = ()
    sunday_percent: int = 0
    holiday_percent: int = 0


@dataclass(frozen=True)
class GroupSpec:
    """Several people alike: contract, rate (cents an hour, rising by `raise_cents` a person), licenses, sites."""

    contract: str
    count: int
    rate_cents: int
    homes: tuple[str, ...]
    holds: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    raise_cents: int = 15


@dataclass(frozen=True)
class PersonSpec:
    """What is particular about one person, by position in the staff list."""

    preferred: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    from_day: int | None = None
    until_day: int | None = None
    expires: Mapping[str, int] = field(default_factory=dict)
    """Last valid day of a license, by code."""
    issued: Mapping[str, int] = field(default_factory=dict)
    """First valid day of a license, by code."""


@dataclass(frozen=True)
class AwaySpec:
    """A span of whole days for one person: leave, sickness, or a wish."""

    person: int
    first_day: int
    days: int
    reason: str
    kind: str = Availability.Kind.UNAVAILABLE
    approval: str = Availability.Approval.APPROVED
    shift_type: str = ""
    weight: int = 10


@dataclass(frozen=True)
class WeeklySpec:
    """The same hours every week, for one person."""

    person: int
    weekdays: tuple[int, ...]
    start: str
    end: str
    reason: str
    kind: str = Availability.Kind.UNAVAILABLE


@dataclass(frozen=True)
class OrganizationSpec:
    """A whole organization; `generated` is the site whose published past Muster generated, empty for none."""

    slug: str
    name: str
    time_zone: str
    currency: str
    country: str
    subdivision: str
    phone: str
    manager: str
    certifications: tuple[CertificationSpec, ...]
    sites: tuple[SiteSpec, ...]
    types: tuple[TypeSpec, ...]
    patterns: tuple[PatternSpec, ...]
    rules: tuple[RuleSpec, ...]
    contracts: tuple[ContractSpec, ...]
    groups: tuple[GroupSpec, ...]
    people: Mapping[int, PersonSpec]
    away: tuple[AwaySpec, ...]
    weekly: tuple[WeeklySpec, ...]
    generated: str = ""


DAILY = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = (0, 1, 2, 3, 4)
