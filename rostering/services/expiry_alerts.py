"""Telling people in time that certifications run out, and which shifts become uncovered if nobody renews them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from rostering.models import Membership, Notification, Organization, Role, Shift, Staff
from rostering.selectors.expiry import Ending, expiring, first_shifts
from rostering.wording import counted, day, span

KIND = "certification.expiring"


@dataclass(frozen=True)
class Alert:
    """A certification that has come within `threshold` days of its end, and what hangs on it."""

    ending: Ending
    threshold: int
    days_left: int
    shifts: tuple[Shift, ...]

    @property
    def uncovered(self) -> int:
        """How many future shifts become uncovered if nobody renews."""
        return self.ending.uncovered


def due_alerts(organization: Organization, now: datetime | None = None) -> list[Alert]:
    """Every certification within one of the organization's alert days, under the tightest day it has reached.

    So one that is entered late, or found after days without a run, is told of once and not once for each day missed.
    Three queries.
    """
    if not organization.expiry_alert_days:
        return []
    moment = now or timezone.now()
    today = moment.astimezone(organization.tz).date()
    ahead = max(organization.expiry_alert_days)
    rows = expiring(organization, now=moment, within_days=ahead)
    shifts = first_shifts(rows)
    return [
        Alert(row, threshold, (row.expires - today).days, tuple(shifts[row.pk]))
        for row in rows
        if (threshold := tightest(organization.expiry_alert_days, (row.expires - today).days)) is not None
    ]


def tightest(days: list[int], days_left: int) -> int | None:
    """The smallest of the alert days that is reached with so many days left; None when none is."""
    return min((threshold for threshold in days if days_left <= threshold), default=None)


def recipients(organization: Organization) -> list[User]:
    """The members who are told: active users from the organization's alert role up. One query."""
    least = Role(organization.expiry_alert_role).rank
    roles = [role for role in Role if role.rank >= least]
    members = Membership.objects.filter(
        organization=organization, organization__active=True, role__in=roles, user__is_active=True
    )
    return [membership.user for membership in members.select_related("user").order_by("user_id")]


def undelivered_alerts(organization: Organization, now: datetime | None = None) -> list[Notification]:
    """The notifications that are due and do not exist yet, unsaved. At most six queries."""
    alerts = due_alerts(organization, now)
    members = recipients(organization) if alerts else []
    wanted = {notice.key: notice for alert in alerts for notice in _notices(organization, alert, members)}
    known = Notification.objects.owned_by(organization).filter(key__in=wanted).values_list("key", flat=True)
    for key in known:
        del wanted[key]
    return list(wanted.values())


@transaction.atomic
def create_alerts(*, organization: Organization, now: datetime | None = None) -> list[Notification]:
    """Write the notifications that are due, as pending where their person has an e-mail address; those written.

    Written is not sent: `services.mailing.deliver` does that after the commit. Running again, or twice at once, writes
    none twice: the key names the certification, its last day, the alert day and the person. A changed last day begins
    anew.
    """
    notices = undelivered_alerts(organization, now)
    # The newest stand first in the list of notifications: written in reverse, the most urgent do.
    Notification.objects.bulk_create(reversed(notices), ignore_conflicts=True, batch_size=1000)
    return notices


def people_told_of(organization: Organization, user: User) -> set[int] | None:
    """Whose certifications the user may be told of now: None for everybody's, else the ids of staff.

    Asked again before a waiting alert is sent, for roles and records change meanwhile. At most two queries.
    """
    if any(member.pk == user.pk for member in recipients(organization)):
        return None
    if not (organization.active and organization.expiry_alert_staff and user.is_active):
        return set()
    return set(Staff.objects.owned_by(organization).filter(user=user).values_list("pk", flat=True))


def _notices(organization: Organization, alert: Alert, members: list[User]) -> Iterator[Notification]:
    held = alert.ending.held
    for user in members:
        yield _notice(organization, alert, user, whose=f"{held.certification.code} of {held.staff.name}")
    person = held.staff.user
    told = {user.pk for user in members}
    if organization.expiry_alert_staff and person is not None and person.is_active and person.pk not in told:
        yield _notice(organization, alert, person, whose=f"Your {held.certification.code}")


def _notice(organization: Organization, alert: Alert, user: User, whose: str) -> Notification:
    held, expires = alert.ending.held, alert.ending.expires
    return Notification(
        organization=organization,
        user=user,
        staff=held.staff,
        kind=KIND,
        subject=f"{whose} {expiry_words(expires, alert.days_left)}"[:200],
        body=body_words(alert),
        key=f"{KIND}:{held.pk}:{expires:%Y-%m-%d}:{alert.threshold}:{user.pk}",
        data={"held": held.pk, "expires": expires.isoformat(), "days": alert.threshold},
        delivery=Notification.Delivery.PENDING if user.email else Notification.Delivery.NONE,
    )


def expiry_words(expires: date, days_left: int) -> str:
    """“expires in 30 days, on Fri 25 Dec 2026”."""
    if days_left < 0:
        return f"expired {counted(-days_left, 'day')} ago, on {day(expires)}"
    if days_left == 0:
        return f"expires today, {day(expires)}"
    return f"expires in {counted(days_left, 'day')}, on {day(expires)}"


def body_words(alert: Alert) -> str:
    """What becomes uncovered, and the first shifts of it in their site's time."""
    if not alert.uncovered:
        return "No shift made so far becomes uncovered."
    lines = [f"{uncovered_words(alert.uncovered)}:"]
    lines += [f"– {shift_words(shift)}" for shift in alert.shifts]
    if more := alert.uncovered - len(alert.shifts):
        lines.append(f"– and {more} more")
    return "\n".join(lines)


def uncovered_words(number: int) -> str:
    """“9 shifts become uncovered if nobody renews”."""
    return f"{counted(number, 'shift')} {'becomes' if number == 1 else 'become'} uncovered if nobody renews"


def shift_words(shift: Shift) -> str:
    """“N Tue 22 Dec 2026 22:00–06:00 CET at HOSP – St. Elisabeth Hospital”."""
    return f"{shift.shift_type.code} {span(shift.starts_at, shift.ends_at, shift.site.tz)} at {shift.site}"
