"""The outbox: pending notifications go out by e-mail, each in practice once, and none is lost.

The row is written with what it tells of, in one transaction; sending comes after. A sender claims the rows of one
message (`claimed_until`), commits, sends, and marks them sent only if the claim is still its own. A sender that dies in
between leaves a claim that runs out: the message goes again with the same rows and the same Message-ID, by which mail
servers and readers know it for the same. While the mail server is down rows stay pending, with the reason, and no try
is counted.
"""

from __future__ import annotations

import logging
import smtplib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from jobs import services as jobs
from jobs.exceptions import JobAlreadyActive, JobRefused
from rostering.models import Notification, Organization
from rostering.selectors.expiry import Outlooks
from rostering.services import expiry_alerts
from rostering.services.mail_text import compose

logger = logging.getLogger(__name__)

JOB_KIND = "notifications.send"
CLAIM = timedelta(minutes=10)
"""Far longer than a mail server may take (`EMAIL_TIMEOUT`); after it the sender is taken for dead."""
LOCK_KEY = 7302
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=15)
MESSAGES_A_CONNECTION = 50
Delivery = Notification.Delivery


@dataclass
class Delivered:
    """What a run did: messages sent, refused for good, put off; `waiting` counts notifications still pending.

    `trouble` says what is wrong with the mail server; empty when nothing is.
    """

    sent: int = 0
    refused: int = 0
    put_off: int = 0
    dropped: int = 0
    waiting: int = 0
    trouble: str = ""


def wake() -> None:
    """Have what is pending sent soon. Should no job be accepted now, the schedule's next one sends it."""
    try:
        jobs.enqueue(kind=JOB_KIND, subject="e-mail")
    except JobRefused as refusal:
        level = logging.DEBUG if isinstance(refusal, JobAlreadyActive) else logging.INFO
        logger.log(level, "No sender started: %s", refusal)


def deliver(
    *, organization: Organization | None = None, go_on: Callable[[Delivered], bool] = lambda done: True
) -> Delivered:
    """Send what is pending, of one organization or all, until nothing is due or `go_on` says no.

    Never raises for a mail server's fault: that is `Delivered.trouble`, and what could not be sent stays pending.
    Must not be called inside a transaction: a claim that is not committed protects nothing.
    """
    done, outlooks = Delivered(), Outlooks()
    server: BaseEmailBackend | None = None
    try:
        while go_on(done) and _waiting(organization).exists():
            server = server or _connect(organization, done)
            if server is None:
                break
            for _ in range(MESSAGES_A_CONNECTION):
                claimed = _claim(organization)
                if not claimed or not _send(server, claimed, done, outlooks) or not go_on(done):
                    break
            _close(server)
            server = None
            if done.trouble:
                break
    finally:
        _close(server)
    done.waiting = _pending(organization).count()
    return done


def send_again(rows: QuerySet[Any]) -> int:
    """Queue again what was not delivered, as if never tried; how many rows."""
    found: int = (
        rows.filter(delivery__in=[Delivery.FAILED, Delivery.PENDING])
        .filter(_free())
        .update(delivery=Delivery.PENDING, attempts=0, retry_at=None, error="", mail=None, claimed_until=None)
    )
    return found


def _connect(organization: Organization | None, done: Delivered) -> BaseEmailBackend | None:
    server: BaseEmailBackend = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        done.trouble = _reason(error)
        _waiting(organization).update(error=f"The mail server could not be reached: {done.trouble}"[:300])
        logger.warning("The mail server could not be reached: %s", done.trouble)
        return None
    return server


def _close(server: BaseEmailBackend | None) -> None:
    if server is None:
        return
    try:
        server.close()
    except (OSError, smtplib.SMTPException):
        logger.info("The mail server's connection was gone already")


def _pending(organization: Organization | None) -> QuerySet[Any]:
    rows: QuerySet[Any] = Notification.objects.filter(delivery=Delivery.PENDING)
    return rows if organization is None else rows.filter(organization=organization)


def _free() -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=Now())


def _waiting(organization: Organization | None) -> QuerySet[Any]:
    """What may be sent now: nobody holds it and its pause is over."""
    return _pending(organization).filter(_free(), Q(retry_at=None) | Q(retry_at__lte=Now()))


def _claim(organization: Organization | None) -> list[Notification]:
    """Take the oldest message that is due: a message somebody died over with the same rows, else one row, or all a
    person's expiry alerts as one digest. The claim is committed when this returns."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_KEY])  # else two take parts of one digest
        first = _waiting(organization).order_by("created_at", "id").first()
        if first is None:
            return []
        rows = _waiting(organization).filter(mail=first.mail, organization=first.organization_id)
        if first.mail is None:
            digest = first.kind == expiry_alerts.KIND and first.user_id is not None
            rows = rows.filter(kind=first.kind, user=first.user_id) if digest else rows.filter(pk=first.pk)
        ids = list(rows.values_list("pk", flat=True))
        Notification.objects.filter(pk__in=ids).update(
            mail=first.mail or uuid.uuid4(), claimed_until=Now() + CLAIM, attempts=F("attempts") + 1
        )
    claimed = Notification.objects.filter(pk__in=ids).select_related("organization", "user", "staff")
    return list(claimed.order_by("created_at", "id"))


def _send(
    server: BaseEmailBackend, claimed: list[Notification], done: Delivered, outlooks: Outlooks | None = None
) -> bool:
    """Send one message and settle its rows; False when the server is in trouble and the run should end."""
    held = Notification.objects.filter(
        pk__in=[row.pk for row in claimed], mail=claimed[0].mail, claimed_until=claimed[0].claimed_until
    )
    try:
        message, told = compose(claimed, outlooks or Outlooks())
        obsolete = held.exclude(pk__in=[row.pk for row in told])
        done.dropped += obsolete.update(delivery=Delivery.DROPPED, claimed_until=None, error="")
        if message is None:
            return True
        server.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _put_off(held, claimed, done, f"{code} {_text(words)}", for_good=500 <= code < 600)
    except smtplib.SMTPDataError as error:
        _put_off(held, claimed, done, _reason(error), for_good=500 <= error.smtp_code < 600)
    except (OSError, smtplib.SMTPException) as error:
        # Whether the server has taken the message is unknown: it keeps its rows and its Message-ID for the next try.
        done.trouble = _reason(error)
        held.update(
            error=f"The mail server failed: {done.trouble}"[:300], claimed_until=None, attempts=F("attempts") - 1
        )
        logger.warning("The mail server failed: %s", done.trouble)
        return False
    except Exception as error:
        logger.exception("Notification %s could not be written as an e-mail", claimed[0].pk)
        _put_off(held, claimed, done, f"The message could not be written ({type(error).__name__}).", for_good=False)
    else:
        held.filter(delivery=Delivery.PENDING).update(
            delivery=Delivery.SENT, sent_at=Now(), error="", claimed_until=None, retry_at=None
        )
        done.sent += 1
    return True


def _put_off(held: QuerySet[Any], claimed: list[Notification], done: Delivered, reason: str, *, for_good: bool) -> None:
    """The server refused this message: try it again after a pause that doubles, or give it up."""
    tries = max(row.attempts for row in claimed)
    if for_good or tries >= MOST_ATTEMPTS:
        held.update(delivery=Delivery.FAILED, error=f"Refused: {reason}"[:300], claimed_until=None, mail=None)
        done.refused += 1
        return
    held.update(
        error=f"Put off: {reason}"[:300],
        retry_at=_after(FIRST_PAUSE * 2 ** (tries - 1)),
        claimed_until=None,
        mail=None,
    )
    done.put_off += 1


def _after(pause: timedelta) -> datetime:
    return timezone.now() + pause


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(words: Any) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
