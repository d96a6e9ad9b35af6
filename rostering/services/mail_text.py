"""Notifications as e-mails, written when they are sent: what is no longer true by then is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from rostering.models import Notification, Organization, Staff
from rostering.selectors.expiry import Ending, Outlooks, first_shifts, uncovering
from rostering.services import expiry_alerts
from rostering.services.expiry_alerts import expiry_words, people_told_of, shift_words, uncovered_words
from rostering.wording import counted

MOST_LINES = 60
URGENT_DAYS = 7
Message = tuple[EmailMultiAlternatives | None, Sequence[Notification]]


@dataclass(frozen=True)
class Line:
    """A certification in a digest; `uncovered` is empty where enough people remain, `url` for people without a place
    in the back office."""

    person: str
    certification: str
    code: str
    when: str
    urgent: bool
    uncovered: str
    shifts: tuple[str, ...]
    more: int
    url: str


def compose(claimed: list[Notification], outlooks: Outlooks) -> Message:
    """The message for notifications to one person, and those it tells of; None when none of them is to be told now.

    `outlooks` are shared by the messages of a run.
    """
    if claimed[0].kind == expiry_alerts.KIND:
        return _digest(claimed, outlooks)
    (notice,) = claimed
    to = _address(notice.user, notice.staff)
    if not to:
        return None, []
    context = {"notice": notice, "organization": notice.organization, "url": public_url("admin:index")}
    subject = f"{notice.organization}: {notice.subject}"
    return _message("notice", subject, to, notice, context), claimed


def public_url(page: str, *args: Any) -> str:
    """The address of an admin page as people reach it; empty where `PUBLIC_URL` is not set."""
    return f"{settings.PUBLIC_URL}{reverse(page, args=args)}" if settings.PUBLIC_URL else ""


def delivery_of(staff: Staff) -> Notification.Delivery:
    """How a notification to this person starts: waiting to be sent where there is an address."""
    address = _address(staff.user, staff)
    return Notification.Delivery.PENDING if address else Notification.Delivery.NONE


def _address(user: AbstractBaseUser | None, staff: Staff | None) -> str:
    """Where a person is written to: at their user's address, else, without a user, at the one their record has."""
    if user is not None:
        return str(getattr(user, "email", "")) if user.is_active else ""
    return staff.email if staff is not None and staff.active else ""


def _digest(claimed: list[Notification], outlooks: Outlooks) -> Message:
    """All a person's waiting expiry alerts in one message, those that uncover shifts first, then by date."""
    first = claimed[0]
    organization, user, to = first.organization, first.user, _address(first.user, first.staff)
    if user is None or not to:
        return None, []
    own = people_told_of(organization, user)
    waiting = {row.data["held"]: row for row in claimed if own is None or row.staff_id in own}
    last_days = {pk: date.fromisoformat(row.data["expires"]) for pk, row in waiting.items()}
    current, uncovered = uncovering(organization, last_days, outlooks=outlooks)
    if not current:
        return None, []
    current.sort(key=lambda row: (not row.uncovered, row.expires, row.staff.name))
    headline = _headline(len(current), uncovered)
    lines = _lines(organization, current[:MOST_LINES], member=own is None)
    context = {
        "organization": organization,
        "headline": headline,
        "uncovering": [line for line in lines if line.uncovered],
        "others": [line for line in lines if not line.uncovered],
        "unlisted": max(0, len(current) - MOST_LINES),
        "member": own is None,
        "url": public_url("admin:rostering_staffcertification_changelist") if own is None else "",
    }
    told = {row.pk for row in current}
    return _message("expiry", f"{organization}: {headline}", to, first, context), [
        row for row in claimed if row.data.get("held") in told and (own is None or row.staff_id in own)
    ]


def _headline(number: int, uncovered: int) -> str:
    runs = "runs out" if number == 1 else "run out"
    if not uncovered:
        return f"{counted(number, 'certification')} {runs}"
    return f"{counted(number, 'certification')} {runs}, {uncovered_words(uncovered)}"


def _lines(organization: Organization, current: list[Ending], *, member: bool) -> list[Line]:
    today = timezone.now().astimezone(organization.tz).date()
    shifts = first_shifts(current)
    return [
        Line(
            person=row.staff.name,
            certification=row.certification.name,
            code=row.certification.code,
            when=expiry_words(row.expires, (row.expires - today).days),
            urgent=(row.expires - today).days <= URGENT_DAYS,
            uncovered=uncovered_words(row.uncovered) if row.uncovered else "",
            shifts=tuple(shift_words(shift) for shift in shifts[row.pk]),
            more=row.uncovered - len(shifts[row.pk]),
            url=public_url("admin:rostering_staff_change", row.staff.pk) if member else "",
        )
        for row in current
    ]


def _message(
    template: str, subject: str, to: str, first: Notification, context: dict[str, Any]
) -> EmailMultiAlternatives:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{first.mail}@{host}>", "Auto-Submitted": "auto-generated"}
    text = render_to_string(f"rostering/mail/{template}.txt", context)
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[to], headers=headers)
    message.attach_alternative(render_to_string(f"rostering/mail/{template}.html", context), "text/html")
    return message
