"""The outbox against a real mail server: nothing lost, nothing twice, nothing to whom it is not meant for any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import get_connection
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from rostering.models import Membership, Notification, Organization, Role, Roster, StaffCertification
from rostering.services import mailing
from rostering.services.expiry_alerts import create_alerts
from rostering.services.mailing import deliver, send_again
from tests.builders import (
    hold_guard_license,
    make_assignment,
    make_member,
    make_notification,
    make_organization,
    make_roster,
    make_shift,
    make_site,
    make_staff,
    make_user,
)
from tests.smtp import MailServer, free_port, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

Delivery = Notification.Delivery


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5
    settings.DEFAULT_FROM_EMAIL = "Muster <muster@alpha.example>"
    settings.PUBLIC_URL = "https://roster.alpha.example"


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as server:
        use(settings, server.port)
        yield server


@pytest.fixture
def alpha(transactional_db: None) -> Organization:
    return make_organization("alpha", name="Alpha Guards", time_zone="Europe/Berlin")


@pytest.fixture
def olga(alpha: Organization) -> User:
    return make_member(alpha, Role.OWNER, "olga", email="olga@alpha.example")


def today(organization: Organization) -> date:
    return timezone.localdate(timezone=organization.tz)


def hold(organization: Organization, left: int, name: str = "Alice Smith", **fields: Any) -> StaffCertification:
    staff = fields.pop("staff", None) or make_staff(name, organization=organization)
    return hold_guard_license(staff, today(organization) + timedelta(days=left), **fields)


def works(held: StaffCertification, days: list[int]) -> None:
    """Published nights at a site that asks for the certification, so many days from today."""
    site = make_site("HARB", organization=held.organization, name="Harbor & Docks", time_zone="Asia/Tokyo")
    site.required_certifications.set([held.certification])
    start = today(held.organization)
    roster = make_roster(organization=held.organization, start_date=start, days=90, status=Roster.Status.PUBLISHED)
    for day in days:
        shift = make_shift(datetime.combine(start + timedelta(days=day), time(22)), site=site)
        make_assignment(roster, shift, held.staff)


def plain(server: MailServer, number: int = 0) -> str:
    part = server.messages[number].get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html(server: MailServer, number: int = 0) -> str:
    part = server.messages[number].get_body(("html",))
    assert part is not None
    return str(part.get_content())


def states() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("delivery", flat=True))


def a_note(to: User | None, **fields: Any) -> Notification:
    assert to is not None
    organization = Membership.objects.get(user=to).organization
    return make_notification(organization, user=to, delivery=Delivery.PENDING, **fields)


def test_a_persons_alerts_of_a_day_come_as_one_message(server: MailServer, alpha: Organization, olga: User) -> None:
    make_member(alpha, Role.SCHEDULER, "sam", email="sam@alpha.example")
    for number in range(40):
        hold(alpha, 20, f"Person {number}")
    create_alerts(organization=alpha)
    done = deliver()
    assert (done.sent, done.waiting, done.trouble) == (2, 0, "")
    assert sorted(server.recipients) == ["olga@alpha.example", "sam@alpha.example"]
    assert server.messages[0]["Subject"] == "Alpha Guards: 40 certifications run out"
    assert all(f"Person {number}" in plain(server) for number in range(40))
    assert states() == ["sent"] * 80
    assert not Notification.objects.filter(sent_at=None).exists()
    assert server.connections == 1


def test_the_digest_names_the_shifts_in_the_time_of_their_site_and_links_to_the_person(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    held = hold(alpha, 5, "Alice <b>Smith")
    works(held, [10, 11, 12, 13])
    create_alerts(organization=alpha)
    deliver()
    (message,) = server.messages
    assert message["Subject"] == "Alpha Guards: 1 certification runs out, 4 shifts become uncovered if nobody renews"
    assert message["From"] == "Muster <muster@alpha.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    first = today(alpha) + timedelta(days=10)
    text, page = plain(server), html(server)
    assert f"{first:%a %d %b %Y} 22:00–06:00 JST at HARB – Harbor & Docks" in text
    assert f"{first:%a %d %b %Y} 22:00–06:00 JST at HARB – Harbor &amp; Docks" in page
    assert "4 shifts become uncovered if nobody renews:" in text
    assert "and 1 more" in text and "and 1 more" in page
    assert f"https://roster.alpha.example/admin/rostering/staff/{held.staff_id}/change/" in text
    assert "Alice <b>Smith" in text
    assert "Alice &lt;b&gt;Smith" in page and "<b>Smith" not in page


def test_without_a_public_address_messages_have_no_links(
    server: MailServer, alpha: Organization, olga: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = ""
    hold(alpha, 5)
    create_alerts(organization=alpha)
    deliver()
    assert "http" not in plain(server)
    assert "href" not in html(server)


def test_a_person_told_of_their_own_certification_gets_no_links_into_the_back_office(
    server: MailServer, alpha: Organization
) -> None:
    Organization.objects.update(expiry_alert_staff=True)
    alpha.refresh_from_db()
    alice = make_user("alice", email="alice@alpha.example")
    hold(alpha, 5, staff=make_staff("Alice Smith", organization=alpha, user=alice))
    create_alerts(organization=alpha)
    assert deliver().sent == 1
    assert server.recipients == ["alice@alpha.example"]
    assert "http" not in plain(server)
    assert "Hand in the new certificate" in plain(server)


def test_with_the_mail_server_down_rows_wait_with_the_reason_and_go_out_once_it_is_back(
    settings: Settings, alpha: Organization, olga: User
) -> None:
    port = free_port()
    use(settings, port)
    hold(alpha, 20)
    create_alerts(organization=alpha)
    for _ in range(20):
        done = deliver()
        assert (done.sent, done.waiting) == (0, 1)
        assert "refused" in done.trouble
    row = Notification.objects.get()
    assert row.overdue
    assert (row.delivery, row.attempts) == ("pending", 0)
    assert "could not be reached" in row.error
    hold(alpha, 20, "Bob Jones")
    create_alerts(organization=alpha)
    with mail_server(port) as server:
        assert deliver().sent == 1
        assert "Alice Smith" in plain(server) and "Bob Jones" in plain(server)
        assert deliver().sent == 0
    assert states() == ["sent", "sent"]
    assert set(Notification.objects.values_list("error", flat=True)) == {""}


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_up_loses_nothing(server: MailServer, alpha: Organization, olga: User, step: str) -> None:
    a_note(olga)
    server.answers = {"EHLO": "drop", "HELO": "drop"} if step == "EHLO" else {step: "drop"}
    assert deliver().trouble
    assert states() == ["pending"]
    server.answers = {}
    assert deliver().sent == 1
    assert len(server.messages) == 1


def test_a_message_whose_fate_is_unknown_goes_again_with_the_same_rows_and_message_id(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    hold(alpha, 20)
    create_alerts(organization=alpha)
    server.answers = {"DATA-END": "drop"}
    assert deliver().trouble
    assert states() == ["pending"]
    hold(alpha, 20, "Bob Jones")
    create_alerts(organization=alpha)
    server.answers = {}
    deliver()
    first, again, other = server.messages
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert "Bob Jones" not in plain(server, 1)
    assert "Bob Jones" in plain(server, 2)
    assert states() == ["sent", "sent"]


def test_a_sender_that_dies_between_sending_and_marking_is_followed_once_its_claim_has_run_out(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    a_note(olga)
    (claimed,) = mailing._claim(None)
    assert deliver().sent == 0
    assert states() == ["pending"]
    Notification.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert deliver().sent == 1
    assert server.messages[0]["Message-ID"] == f"<{claimed.mail}@alpha.example>"


def test_a_sender_whose_claim_was_taken_over_settles_nothing(
    server: MailServer, alpha: Organization, olga: User, settings: Settings
) -> None:
    note = a_note(olga)
    claimed = mailing._claim(None)
    Notification.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    with mail_server() as other:
        other.answers = {"RCPT": "550 no such user"}
        settings.EMAIL_PORT = other.port
        late = get_connection()
        (newer,) = mailing._claim(None)
        mailing._send(late, claimed, mailing.Delivered())
    note.refresh_from_db()
    assert (note.delivery, note.claimed_until) == ("pending", newer.claimed_until)


def test_four_senders_at_once_send_each_message_once(server: MailServer, alpha: Organization, olga: User) -> None:
    for number in range(12):
        a_note(make_member(alpha, email=f"{number}@alpha.example"))
    for number in range(10):
        hold(alpha, 20, f"Person {number}")
    create_alerts(organization=alpha)
    digests = Membership.objects.count()
    gate = threading.Barrier(4)

    def send() -> None:
        gate.wait(timeout=10)
        deliver()
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.messages) == 12 + digests
    assert len({message["Message-ID"] for message in server.messages}) == 12 + digests
    assert set(states()) == {"sent"}


def test_an_address_refused_for_good_is_given_up_and_the_others_are_sent(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    a_note(olga)
    server.answers = {"RCPT": "550 no such user here"}
    done = deliver()
    assert (done.sent, done.refused, done.trouble) == (0, 1, "")
    note = Notification.objects.get()
    assert (note.delivery, note.error) == ("failed", "Refused: 550 no such user here")
    assert note.overdue
    server.answers = {}
    assert deliver().sent == 0
    assert send_again(Notification.objects.all()) == 1
    assert deliver().sent == 1


def test_an_address_put_off_is_tried_again_later_and_later_and_then_given_up(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    note = a_note(olga)
    server.answers = {"RCPT": "450 greylisted"}
    pauses = []
    for _ in range(mailing.MOST_ATTEMPTS):
        began = timezone.now()
        deliver()
        assert deliver().sent == 0
        note.refresh_from_db()
        if note.retry_at is not None and note.delivery == "pending":
            pauses.append(round((note.retry_at - began).total_seconds() / 60))
        Notification.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert pauses == [15, 30, 60, 120, 240, 480, 960]
    assert (note.delivery, note.attempts) == ("failed", mailing.MOST_ATTEMPTS)
    assert "greylisted" in note.error


def test_one_refused_address_does_not_hold_up_the_queue(server: MailServer, alpha: Organization, olga: User) -> None:
    note = a_note(olga)
    a_note(make_member(alpha, email="bob@alpha.example"))
    Notification.objects.filter(pk=note.pk).update(retry_at=timezone.now() + timedelta(hours=1))
    assert deliver().sent == 1
    assert server.recipients == ["bob@alpha.example"]


def test_what_was_renewed_before_the_message_went_out_is_left_out(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    alice, _ = hold(alpha, 20), hold(alpha, 20, "Bob Jones")
    create_alerts(organization=alpha)
    hold(alpha, 700, staff=alice.staff, issued=today(alpha))
    deliver()
    assert "Bob Jones" in plain(server)
    assert "Alice Smith" not in plain(server)
    assert sorted(states()) == ["dropped", "sent"]


def test_who_lost_the_role_or_left_before_the_message_went_out_gets_none(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    demoted = make_member(alpha, Role.MANAGER, email="demoted@alpha.example")
    locked = make_member(alpha, Role.MANAGER, email="locked@alpha.example")
    gone = make_member(alpha, Role.MANAGER, email="gone@alpha.example")
    hold(alpha, 20)
    create_alerts(organization=alpha)
    Membership.objects.filter(user=demoted).update(role=Role.VIEWER)
    Membership.objects.filter(user=gone).delete()
    User.objects.filter(pk=locked.pk).update(is_active=False)
    deliver()
    assert server.recipients == ["olga@alpha.example"]
    assert sorted(states()) == ["dropped", "dropped", "dropped", "sent"]


def test_messages_of_one_organization_are_sent_without_the_others(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    beta = make_organization("beta", name="Beta Care")
    ben = make_member(beta, Role.OWNER, "ben", email="ben@beta.example")
    Membership.objects.create(organization=alpha, user=ben, role=Role.OWNER)
    hold(alpha, 20)
    hold(beta, 20, "Zoe Zhang")
    create_alerts(organization=alpha)
    create_alerts(organization=beta)
    assert deliver(organization=beta).sent == 1
    assert "Zoe Zhang" in plain(server) and "Alice" not in plain(server)
    assert deliver().sent == 2
    mine = [plain(server, number) for number, to in enumerate(server.recipients) if to == "ben@beta.example"]
    assert len(mine) == 2 and not any("Alice" in text and "Zoe" in text for text in mine)


def test_a_message_that_cannot_be_written_does_not_stop_the_others(
    server: MailServer, alpha: Organization, olga: User
) -> None:
    a_note(make_member(alpha, email="no address\n"))
    a_note(olga)
    done = deliver()
    assert (done.sent, done.put_off) == (1, 1)
    assert Notification.objects.get(delivery="pending").error.startswith("Put off: The message could not be written")


def test_a_subject_of_several_lines_becomes_one(server: MailServer, alpha: Organization, olga: User) -> None:
    a_note(olga, subject="One\nBcc: everybody@alpha.example", body="Two\nlines")
    deliver()
    (message,) = server.messages
    assert message["Subject"] == "Alpha Guards: One Bcc: everybody@alpha.example"
    assert message["Bcc"] is None
    assert "Two\nlines" in plain(server)


def test_staff_without_a_user_are_written_to_at_their_own_address(server: MailServer, alpha: Organization) -> None:
    alice = make_staff("Alice", organization=alpha, email="alice@home.example")
    make_notification(alpha, staff=alice, delivery=Delivery.PENDING)
    gone = make_staff("Gone", organization=alpha, email="gone@home.example", active=False)
    make_notification(alpha, staff=gone, delivery=Delivery.PENDING)
    deliver()
    assert server.recipients == ["alice@home.example"]
    assert states() == ["sent", "dropped"]


def test_notes_that_are_for_the_back_office_alone_are_not_sent(server: MailServer, olga: User) -> None:
    make_notification(user=olga)
    assert deliver().sent == 0
    assert server.connections == 0
