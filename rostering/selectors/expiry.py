"""Certifications that run out, and the future shifts that become uncovered if nobody renews them.

A certification is valid from the first instant of the day it was issued to the last of the day it expires, in the
organization's zone: the same span as the roster's certification rule uses, so that an alert never says otherwise than
the roster does. Spans of the same kind that touch are one. `selectors.uncovered` says which shifts that uncovers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from rostering.models import Certification, Organization, Shift, Staff, StaffCertification
from rostering.selectors.uncovered import EXPIRED_DAYS, Outlook, outlook

FRESH = timedelta(minutes=1)
WITHIN_DAYS = 90
"""How far ahead certifications are said to run out, where nobody asks for other days."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A certification somebody holds that runs out, and how many future shifts that uncovers if nobody renews."""

    held: StaffCertification
    expires: date
    uncovered: int
    first: tuple[int, ...]

    @property
    def pk(self) -> int:
        """The id of what is held."""
        return self.held.pk

    @property
    def staff(self) -> Staff:
        """Who holds it."""
        return self.held.staff

    @property
    def certification(self) -> Certification:
        """What it is."""
        return self.held.certification


@dataclass(slots=True)
class Outlooks:
    """Outlooks of one run, each worked out once for everybody who is told of the same within a minute."""

    known: dict[tuple[int, frozenset[int]], tuple[datetime, Outlook]] = field(default_factory=dict)

    def of(self, organization: Organization, held: Collection[int], now: datetime) -> Outlook:
        """What these certifications uncover; at most one query."""
        if not held:
            return Outlook()
        if len(held) > 1:
            return self._looked(organization, frozenset(held), now)
        # One certification each is what most people are told of: they share what is known of everybody's.
        everything = self._looked(organization, frozenset(), now)
        found = {pk: everything.of(pk) for pk in held}
        return Outlook(found, sum(item.number for item in found.values()))

    def _looked(self, organization: Organization, only: frozenset[int], now: datetime) -> Outlook:
        then, found = self.known.get((organization.pk, only), (None, None))
        if then is None or found is None or not then <= now < then + FRESH:
            found = outlook(organization, now=now, only=only or None)
            self.known[organization.pk, only] = now, found
        return found


def current_certifications(organization: Organization, today: date | None = None) -> QuerySet[StaffCertification]:
    """Certifications of people who work here today, each kind once: those that a later one has replaced are left out.

    Of people who leave, those that outlast their employment are left out too: nobody needs to renew them.
    """
    day = today or timezone.now().astimezone(organization.tz).date()
    held: QuerySet[StaffCertification] = _held(organization, day).filter(~Exists(_later()))
    return held


def expiring(
    organization: Organization,
    *,
    now: datetime | None = None,
    within_days: int = WITHIN_DAYS,
    expired_days: int = EXPIRED_DAYS,
) -> list[Ending]:
    """Certifications that run out within so many days or did so many days ago, and are not renewed, the first to run
    out first; two queries.

    A certification with a later renewal that leaves days between is in only if shifts lie in them.
    """
    moment = now or timezone.now()
    today = moment.astimezone(organization.tz).date()
    rows = _unrenewed(organization, today).filter(
        expires__gte=today - timedelta(days=expired_days), expires__lte=today + timedelta(days=within_days)
    )
    rows = rows.order_by("expires", "staff__last_name", "staff__first_name", "pk")
    return _endings(rows, outlook(organization, now=moment))


def uncovering(
    organization: Organization,
    last_days: Mapping[int, date],
    *,
    now: datetime | None = None,
    outlooks: Outlooks | None = None,
) -> tuple[list[Ending], int]:
    """Of the certifications with these ids, those that still have this last day and no renewal that follows at once;
    and how many shifts they uncover together, each counted once. Two queries; one where `outlooks` has the answer."""
    moment = now or timezone.now()
    rows = _unrenewed(organization, moment.astimezone(organization.tz).date()).filter(pk__in=last_days)
    current = [row for row in rows.order_by("expires", "pk") if row.expires == last_days[row.pk]]
    found = (outlooks or Outlooks()).of(organization, [row.pk for row in current], moment)
    return _endings(current, found), found.number


def first_shifts(endings: Iterable[Ending]) -> dict[int, list[Shift]]:
    """The first shifts that each certification uncovers, by its id, with site and type at hand; one query."""
    named = {ending.pk: ending.first for ending in endings}
    found = Shift.objects.select_related("site__organization", "shift_type").in_bulk(
        {shift for shifts in named.values() for shift in shifts}
    )
    return {pk: [found[shift] for shift in shifts if shift in found] for pk, shifts in named.items()}


def uncovered_shifts(organization: Organization, now: datetime | None = None) -> Outlook:
    """What each of the organization's certifications uncovers when it runs out; one query."""
    return outlook(organization, now=now or timezone.now())


def _endings(rows: Iterable[Any], found: Outlook) -> list[Ending]:
    endings = []
    for row in rows:
        uncovered = found.of(row.pk)
        if uncovered.number or not row.replaced:
            endings.append(Ending(row, row.expires, uncovered.number, uncovered.first))
    return endings


def _unrenewed(organization: Organization, today: date) -> QuerySet[Any]:
    """What expires some day and has no renewal that follows at once; `replaced` where one follows later."""
    seamless = _later().filter(issued__lte=OuterRef("expires") + Value(timedelta(days=1)))
    rows = _held(organization, today).filter(~Exists(seamless), expires__isnull=False)
    return rows.annotate(replaced=Exists(_later())).select_related("staff__user", "certification")


def _held(organization: Organization, today: date) -> QuerySet[StaffCertification]:
    stays = Q(staff__employed_until=None) | (
        Q(staff__employed_until__gte=today)
        & (Q(expires=None) | Q(expires__lt=F("staff__employed_until")) | Q(expires__lt=today))
    )
    held: QuerySet[StaffCertification] = StaffCertification.objects.owned_by(organization).filter(
        stays, staff__active=True
    )
    return held


def _later() -> QuerySet[StaffCertification]:
    """What the person holds of the same kind that lasts longer; of two that end together the later record."""
    rows: QuerySet[StaffCertification] = StaffCertification.objects.filter(
        Q(expires=None) | Q(expires__gt=OuterRef("expires")) | Q(expires=OuterRef("expires"), pk__gt=OuterRef("pk")),
        staff=OuterRef("staff"),
        certification=OuterRef("certification"),
    ).exclude(pk=OuterRef("pk"))
    return rows
