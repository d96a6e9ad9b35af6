"""What runs by schedule: one job a slot, every organization, and a failure of one stops no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from jobs.models import JobRun
from jobs.runner import run_job
from jobs.schedules import start_slot
from jobs.services import enqueue
from jobs.states import Status
from rostering.models import Notification, Organization, Role, Shift
from rostering.services import upkeep
from rostering.services.mailing import wake
from rostering.services.patterns import Materialized, keep_ahead, materialize
from tests.builders import (
    hold_guard_license,
    make_member,
    make_notification,
    make_organization,
    make_shift_pattern,
    make_shift_type,
    make_staff,
)
from tests.smtp import free_port, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {"Send expiry alerts", "Send waiting e-mails", "Materialize shifts", "Clean up"}


@pytest.fixture
def entries(transactional_db: None) -> Iterator[dict[str, PeriodicTask]]:
    call_command("setup_schedules", verbosity=0)
    yield {entry.name: entry for entry in PeriodicTask.objects.all()}


def run(kind: str) -> JobRun:
    """A job of this kind, run to its end here."""
    job = run_job(enqueue(kind=kind).pk, inline=True)
    assert job is not None
    return job


def member(slug: str) -> tuple[Organization, User]:
    organization = make_organization(slug)
    return organization, make_member(organization, Role.OWNER, f"{slug}-owner", email=f"owner@{slug}.example")


def hold(organization: Organization, left: int) -> None:
    hold_guard_license(make_staff(organization=organization), timezone.localdate() + timedelta(days=left))


def test_the_schedules_are_set_up_once_and_stay_as_operators_edit_them(entries: dict[str, PeriodicTask]) -> None:
    assert set(entries) >= NAMES
    alerts = entries["Send expiry alerts"]
    assert (alerts.crontab.hour, alerts.crontab.minute) == ("6", "0")
    PeriodicTask.objects.filter(name="Send expiry alerts").update(enabled=False, description="Mine")
    call_command("setup_schedules", verbosity=0)
    kept = PeriodicTask.objects.get(name="Send expiry alerts")
    assert (kept.enabled, kept.description) == (False, "Mine")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_slot_has_one_job_and_one_outcome(entries: dict[str, PeriodicTask], name: str) -> None:
    call = entries[name].kwargs
    kind = json.loads(call)["kind"]
    at = datetime(2027, 2, 1, 6, 0, 2, tzinfo=ZoneInfo("UTC"))
    first = start_slot(schedule=name, kind=kind, params={}, at=at)
    assert first is not None
    assert start_slot(schedule=name, kind=kind, params={}, at=at) is None
    done = run_job(first.pk, inline=True)
    assert done is not None and done.status == Status.SUCCEEDED, done and done.error
    assert done.message
    assert start_slot(schedule=name, kind=kind, params={}, at=at) is None
    assert JobRun.objects.filter(schedule=name).count() == 1


def test_the_alert_job_writes_and_sends_and_again_does_neither() -> None:
    for slug in ("alpha", "beta"):
        organization, _ = member(slug)
        hold(organization, 20)
    job = run("certifications.alert")
    assert job.message == "2 notifications written, 2 e-mails sent."
    assert job.result is not None and job.result["summary"]["organizations"] == 2
    assert dict(upkeep.facts(job))["Notifications"] == "2"
    assert sorted(message.to[0] for message in mail.outbox) == ["owner@alpha.example", "owner@beta.example"]
    assert run("certifications.alert").message == "0 notifications written, 0 e-mails sent."
    assert len(mail.outbox) == 2


def test_an_organization_that_fails_stops_no_other_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for slug in ("alpha", "beta", "gamma"):
        organization, _ = member(slug)
        hold(organization, 20)
    Organization.objects.filter(slug="beta").update(time_zone="Mars/Olympus")
    job = run("certifications.alert")
    assert job.status == Status.FAILED
    assert "Failed for Beta" in job.error and "2 notifications written" in job.error
    assert len(mail.outbox) == 2


def test_inactive_organizations_are_left_alone() -> None:
    organization, _ = member("alpha")
    hold(organization, 20)
    Organization.objects.update(active=False)
    assert run("certifications.alert").message == "0 notifications written, 0 e-mails sent."


def test_a_dead_mail_server_fails_the_job_with_a_sentence_and_a_later_one_sends(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    organization, _ = member("alpha")
    hold(organization, 20)
    job = run("certifications.alert")
    assert job.status == Status.FAILED
    assert "1 notification waiting to be sent, which is tried again by itself." in job.error
    assert Notification.objects.get().overdue
    with mail_server(settings.EMAIL_PORT) as server:
        assert run("notifications.send").message == "1 e-mail sent."
        assert server.recipients == ["owner@alpha.example"]


def test_waking_the_sender_twice_makes_one_job() -> None:
    wake()
    wake()
    assert JobRun.objects.filter(kind="notifications.send").count() == 1


def test_each_night_patterns_are_made_as_many_weeks_ahead_as_the_organization_wishes() -> None:
    alpha, beta, never = (make_organization(slug) for slug in ("alpha", "beta", "never"))
    Organization.objects.filter(pk=beta.pk).update(shift_weeks_ahead=2)
    Organization.objects.filter(pk=never.pk).update(shift_weeks_ahead=0)
    for organization in (alpha, beta, never):
        make_shift_pattern(organization=organization, starts_on=date(2020, 1, 1))
    job = run("shifts.materialize")
    assert job.message == f"{7 * 8 + 7 * 2} shifts made for 3 organizations."
    assert Shift.objects.filter(organization=beta).count() == 14
    assert not Shift.objects.filter(organization=never).exists()
    assert run("shifts.materialize").message == "0 shifts made for 3 organizations."


def test_a_shift_somebody_deleted_stays_deleted_and_new_days_and_patterns_are_made() -> None:
    alpha = make_organization()
    make_shift_pattern(organization=alpha, starts_on=date(2020, 1, 1))
    assert keep_ahead(organization=alpha) == Materialized(56, 0)
    Shift.objects.order_by("starts_at")[10].delete()
    Shift.objects.order_by("starts_at")[20].delete()
    alpha.shift_weeks_ahead = 9
    assert keep_ahead(organization=alpha) == Materialized(7, 0)
    make_shift_pattern(
        organization=alpha, shift_type=make_shift_type(start="20:00"), starts_on=date(2020, 1, 1), headcount=2
    )
    assert keep_ahead(organization=alpha) == Materialized(63, 0)
    assert Shift.objects.count() == 54 + 7 + 63


def test_two_patterns_of_one_shift_add_up_on_days_new_to_both() -> None:
    alpha = make_organization()
    old = make_shift_pattern(organization=alpha, starts_on=date(2020, 1, 1))
    keep_ahead(organization=alpha)
    make_shift_pattern(organization=alpha, site=old.site, shift_type=old.shift_type, starts_on=date(2020, 1, 1))
    alpha.shift_weeks_ahead = 9
    keep_ahead(organization=alpha)
    headcounts = list(Shift.objects.order_by("starts_at").values_list("headcount", flat=True))
    assert headcounts == [1] * 56 + [2] * 7


@pytest.mark.parametrize(("first", "last", "left"), [(0, 20, 35), (30, 40, 45)])
def test_days_made_by_hand_count_unless_they_leave_days_out(first: int, last: int, left: int) -> None:
    alpha = make_organization()
    make_shift_pattern(organization=alpha, starts_on=date(2020, 1, 1))
    day = timezone.localdate(timezone=alpha.tz)
    materialize(organization=alpha, first_day=day + timedelta(days=first), last_day=day + timedelta(days=last))
    Shift.objects.all().delete()
    expected = 56 if first else left
    assert keep_ahead(organization=alpha).created == expected


def test_old_notifications_are_forgotten_but_not_what_waits() -> None:
    organization = make_organization()
    old: list[Any] = [
        make_notification(organization),
        make_notification(organization, delivery=Notification.Delivery.PENDING),
    ]
    new = make_notification(organization)
    Notification.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(days=900))
    assert "1 old notification" in run("housekeeping.clean").message
    assert set(Notification.objects.all()) == {old[1], new}
