"""`manage.py send_expiry_alerts`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from rostering.models import Notification, Role
from tests.builders import hold_guard_license, make_member, make_organization, make_staff
from tests.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_organizations(transactional_db: None) -> None:
    for slug in ("alpha", "beta"):
        organization = make_organization(slug)
        make_member(organization, Role.OWNER, f"{slug}-owner", email=f"owner@{slug}.example")
        staff = make_staff("Alice Smith", organization=organization)
        hold_guard_license(staff, timezone.localdate() + timedelta(days=20))


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("send_expiry_alerts", *arguments, stdout=out)
    return out.getvalue()


def test_it_tells_everybody_once() -> None:
    assert run().splitlines() == [
        "alpha: 1 notification written.",
        "beta: 1 notification written.",
        "2 e-mails sent, 0 refused, 0 notifications waiting.",
    ]
    assert "alpha: 0 notifications written." in run()
    assert len(mail.outbox) == 2


def test_it_can_be_for_one_organization() -> None:
    run("--organization", "beta")
    assert [message.to for message in mail.outbox] == [["owner@beta.example"]]
    with pytest.raises(CommandError, match="No organization “gamma”"):
        run("--organization", "gamma")


def test_a_dry_run_shows_who_would_be_told_what_and_does_nothing() -> None:
    told = run("--dry-run")
    assert "alpha: 1 notification to write." in told
    assert "To alpha-owner (owner@alpha.example): GUARD of Alice Smith expires in 20 days" in told
    assert "No shift made so far becomes uncovered." in told
    assert not Notification.objects.exists()
    assert mail.outbox == []


def test_it_can_be_for_another_day() -> None:
    day = timezone.localdate() - timedelta(days=100)
    assert "alpha: 0 notifications written." in run("--date", day.isoformat())
    day = timezone.localdate() + timedelta(days=15)
    assert "expires in 5 days" in run("--dry-run", "--date", day.isoformat())
    with pytest.raises(CommandError, match="is no date; write it as 2027-01-31"):
        run("--date", "soon")


def test_a_dead_mail_server_is_an_error_and_what_was_written_waits(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(CommandError, match="sent later by itself"):
        run()
    assert Notification.objects.filter(delivery="pending").count() == 2
