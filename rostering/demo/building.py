"""From written-down facts to rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from rostering.demo.names import full_names
from rostering.demo.specs import GroupSpec, OrganizationSpec, PersonSpec
from rostering.models import (
    Availability,
    Certification,
    Contract,
    Organization,
    OvertimeTier,
    Rule,
    ShiftPattern,
    ShiftType,
    Site,
    Staff,
    StaffCertification,
)
from rostering.services.patterns import materialize

HISTORY_DAYS = 14
SITES_SINCE = date(2025, 1, 1)
"""When the companies took on their sites: from then on patterns can make shifts for any period asked."""
COMING_DAYS = 28
AHEAD_DAYS = 56
"""How far shifts are made: as far as the nightly run would."""
ORDINARY = PersonSpec()


class Builder:
    """Builds one organization; `first` is the first day of its coming roster."""

    def __init__(self, spec: OrganizationSpec, first: date) -> None:
        self.spec, self.first = spec, first
        self.rng = random.Random(spec.slug)  # noqa: S311 – repeatable, not secret
        self.codes: dict[str, dict[str, Any]] = {}

    def build(self) -> Organization:
        """Everything but published history, in a fixed number of statements."""
        spec = self.spec
        self.organization = Organization.objects.create(
            name=spec.name,
            slug=spec.slug,
            time_zone=spec.time_zone,
            currency=spec.currency,
            country=spec.country,
            subdivision=spec.subdivision,
            roster_days=COMING_DAYS,
        )
        self._places()
        self._contracts()
        self._demand()
        people = self._staff()
        self._certificates(people)
        self._availability(people)
        materialize(
            organization=self.organization,
            first_day=self.day(-HISTORY_DAYS),
            last_day=self.day(AHEAD_DAYS - 1),
        )
        return self.organization

    def day(self, number: int) -> date:
        """The date of a day number."""
        return self.first + timedelta(days=number)

    def _save(self, model: Any, rows: dict[str, Any]) -> dict[str, Any]:
        model.objects.bulk_create(rows.values())
        self.codes[model.__name__] = rows
        return rows

    def _require(self, model: Any, needs: dict[str, tuple[str, ...]]) -> None:
        """Link rows to the certifications they ask for."""
        through = model.required_certifications.through
        column = through._meta.get_field(model._meta.model_name).attname
        through.objects.bulk_create(
            through(**{column: self.codes[model.__name__][code].pk, "certification_id": self._license(need).pk})
            for code, found in needs.items()
            for need in found
        )

    def _license(self, code: str) -> Certification:
        found: Certification = self.codes["Certification"][code]
        return found

    def _places(self) -> None:
        owner, spec = self.organization, self.spec
        self._save(
            Certification,
            {
                item.code: Certification(
                    organization=owner,
                    code=item.code,
                    name=item.name,
                    kind=item.kind,
                    validity_months=item.validity_months,
                    warn_days=item.warn_days,
                    blocks=item.blocks,
                )
                for item in spec.certifications
            },
        )
        self._save(
            Site,
            {
                item.code: Site(
                    organization=owner,
                    code=item.code,
                    name=item.name,
                    client_name=item.client_name,
                    address=item.address,
                )
                for item in spec.sites
            },
        )
        self._require(Site, {item.code: item.required for item in spec.sites})

    def _contracts(self) -> None:
        owner, spec = self.organization, self.spec
        contracts = self._save(
            Contract,
            {
                item.name: Contract(
                    organization=owner,
                    name=item.name,
                    weekly_minutes=item.weekly_minutes,
                    sunday_premium_percent=item.sunday_percent,
                    holiday_premium_percent=item.holiday_percent,
                )
                for item in spec.contracts
            },
        )
        tiers = [
            OvertimeTier(
                organization=owner, contract=contracts[item.name], after_minutes=minutes, premium_percent=percent
            )
            for item in spec.contracts
            for minutes, percent in item.overtime
        ]
        OvertimeTier.objects.bulk_create(tiers)
        rules = [Rule(organization=owner, kind=rule.kind, **rule.columns) for rule in spec.rules]
        rules += [
            Rule(organization=owner, contract=contracts[item.name], kind=rule.kind, **rule.columns)
            for item in spec.contracts
            for rule in item.rules
        ]
        Rule.objects.bulk_create(rules)

    def _demand(self) -> None:
        owner, spec = self.organization, self.spec
        types = self._save(
            ShiftType,
            {
                item.code: ShiftType(
                    organization=owner,
                    code=item.code,
                    name=item.name,
                    color=item.color,
                    tags=list(item.tags),
                    start_time=time.fromisoformat(item.start),
                    duration_minutes=item.minutes,
                    unpaid_break_minutes=item.pause,
                )
                for item in spec.types
            },
        )
        self._require(ShiftType, {item.code: item.required for item in spec.types})
        ShiftPattern.objects.bulk_create(
            ShiftPattern(
                organization=owner,
                site=self.codes["Site"][item.site],
                shift_type=types[item.type],
                weekdays=list(item.weekdays),
                headcount=item.headcount,
                starts_on=SITES_SINCE if item.from_day is None else self.day(item.from_day),
                ends_on=None if item.until_day is None else self.day(item.until_day),
                holidays=item.holidays,
                priority=item.priority,
            )
            for item in spec.patterns
        )

    def _members(self) -> Iterator[tuple[int, GroupSpec, int]]:
        """Position in the staff list, group, and position in the group."""
        position = 0
        for group in self.spec.groups:
            for place in range(group.count):
                yield position, group, place
                position += 1

    def _staff(self) -> list[Staff]:
        names = full_names(sum(group.count for group in self.spec.groups), self.spec.slug)
        people = [self._person(position, group, place, *names[position]) for position, group, place in self._members()]
        Staff.objects.bulk_create(people)
        for name in ("allowed", "preferred", "barred"):
            self._link_sites(name, people)
        return people

    def _person(self, position: int, group: GroupSpec, place: int, first: str, last: str) -> Staff:
        special = self.spec.people.get(position, ORDINARY)
        joined = self.first - timedelta(days=self.rng.randint(120, 3600))
        return Staff(
            organization=self.organization,
            number=f"{1001 + position}",
            first_name=first,
            last_name=last,
            email=f"{first}.{last}@{self.spec.slug}.example".lower().replace("ó", "o"),
            phone=f"{self.spec.phone}{position + 101:03}",
            contract=self.codes["Contract"][group.contract],
            hourly_rate=Decimal(group.rate_cents + group.raise_cents * place) / 100,
            home_site=self.codes["Site"][group.homes[place % len(group.homes)]],
            employed_from=joined if special.from_day is None else self.day(special.from_day),
            employed_until=None if special.until_day is None else self.day(special.until_day),
        )

    def _link_sites(self, name: str, people: list[Staff]) -> None:
        through = getattr(Staff, f"{name}_sites").through
        links = []
        for position, group, _ in self._members():
            special = self.spec.people.get(position, ORDINARY)
            sites = getattr(special, name) or (group.allowed if name == "allowed" else ())
            links += [through(staff_id=people[position].pk, site_id=self.codes["Site"][code].pk) for code in sites]
        through.objects.bulk_create(links)

    def _certificates(self, people: list[Staff]) -> None:
        rows = []
        for position, group, _ in self._members():
            special = self.spec.people.get(position, ORDINARY)
            for code in group.holds:
                months = self._license(code).validity_months
                days = 30 * (months or 60)
                left = self.rng.randint(40, max(60, days - 120))
                expires = special.expires.get(code, left)
                issued = special.issued.get(code, expires - days)
                if code in special.issued:
                    expires = issued + days
                rows.append(
                    StaffCertification(
                        organization=self.organization,
                        staff=people[position],
                        certification=self._license(code),
                        number=f"{code}-{self.rng.randint(10000, 99999)}",
                        issued=self.day(issued),
                        expires=self.day(expires) if months else None,
                        verified=self.rng.random() < 0.9,
                    )
                )
        StaffCertification.objects.bulk_create(rows)

    def _availability(self, people: list[Staff]) -> None:
        zone = self.organization.tz
        rows = [
            Availability(
                organization=self.organization,
                staff=people[item.person],
                kind=item.kind,
                reason=item.reason,
                weight=item.weight,
                approval=item.approval,
                shift_type=self.codes["ShiftType"][item.shift_type] if item.shift_type else None,
                starts_at=datetime.combine(self.day(item.first_day), time.min, zone).astimezone(UTC),
                ends_at=datetime.combine(self.day(item.first_day + item.days), time.min, zone).astimezone(UTC),
            )
            for item in self.spec.away
        ]
        rows += [
            Availability(
                organization=self.organization,
                staff=people[item.person],
                kind=item.kind,
                reason=item.reason,
                weekdays=list(item.weekdays),
                start_time=time.fromisoformat(item.start),
                end_time=time.fromisoformat(item.end),
                starts_on=self.day(-HISTORY_DAYS),
            )
            for item in self.spec.weekly
        ]
        Availability.objects.bulk_create(rows)
