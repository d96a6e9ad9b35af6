"""The list of notifications: what is unread, what has not arrived, and who may do something about it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from jobs.models import JobRun
from rostering.models import Membership, Notification, Role
from tests.builders import make_member, make_notification
from tests.rostering.admin.worlds import World, form_data

LIST = "admin:rostering_notification_changelist"
Delivery = Notification.Delivery


@pytest.fixture
def failed(ours: World) -> Notification:
    return make_notification(
        ours.organization, subject="Undelivered", user=ours.owner, delivery=Delivery.FAILED, error="Refused: 550 no"
    )


def badge(client: Client) -> str:
    page = client.get(reverse("admin:index")).content.decode()
    start = page.index(reverse(LIST))
    return "".join(page[start : page.index("</a>", start)].split())


def test_the_menu_counts_what_i_have_not_read(owner: Client, ours: World, theirs: World) -> None:
    assert '<spanclass="mu-count' not in badge(owner), "an empty badge is a colored box that says nothing"
    for number in range(7):
        make_notification(ours.organization, subject=f"Note {number}", user=ours.owner)
    make_notification(ours.organization, user=make_member(ours.organization))
    make_notification(theirs.organization, user=ours.owner)
    assert ">7<" in badge(owner)
    Notification.objects.filter(organization=ours.organization).bulk_create(
        Notification(organization=ours.organization, user=ours.owner, kind="note", subject="x", key=f"many:{number}")
        for number in range(120)
    )
    assert ">99+<" in badge(owner)


def test_opening_my_notification_marks_it_read_and_opening_another_persons_does_not(owner: Client, ours: World) -> None:
    mine = make_notification(ours.organization, user=ours.owner, body="First line\nSecond line")
    other = make_notification(ours.organization, user=make_member(ours.organization))
    for note in (mine, other):
        page = owner.get(reverse("admin:rostering_notification_change", args=[note.pk]))
        assert page.status_code == 200
    assert (
        "First line<br>Second line"
        in owner.get(reverse("admin:rostering_notification_change", args=[mine.pk])).content.decode()
    )
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.read_at is not None
    assert other.read_at is None


def test_the_list_can_be_narrowed_to_my_unread_ones_and_to_those_that_did_not_arrive(
    owner: Client, ours: World, failed: Notification
) -> None:
    make_notification(ours.organization, subject="Somebody else's", user=make_member(ours.organization))
    for query in ({"mine": "unread"}, {"trouble": "yes"}):
        page = owner.get(reverse(LIST), query).content.decode()
        assert "Undelivered" in page
        assert "Somebody else" not in page
    assert "Not delivered" in owner.get(reverse(LIST)).content.decode()


def test_times_name_their_zone_and_no_e_mail_is_said_and_explained(owner: Client, ours: World) -> None:
    ours.organization.time_zone = "Asia/Tokyo"
    ours.organization.save()
    Notification.objects.all().delete()
    note = make_notification(ours.organization, user=ours.owner)
    Notification.objects.filter(pk=note.pk).update(created_at=datetime(2026, 11, 22, 17, 47, tzinfo=UTC))
    page = owner.get(reverse(LIST)).content.decode()
    assert "Mon 23 Nov 2026 02:47 JST" in page
    assert "<strong>No e-mail</strong>: none was due" in page and "Back office only" not in page
    page = owner.get(reverse("admin:rostering_notification_change", args=[note.pk])).content.decode()
    assert page.count("2026 02:47 JST") == 1 and "No e-mail was due: there is no address" in page
    read_at = Notification.objects.get(pk=note.pk).read_at
    assert read_at is not None
    assert f"{read_at.astimezone(ZoneInfo('Asia/Tokyo')):%a %d %b %Y %H:%M} JST" in page


def test_the_list_can_be_narrowed_to_those_without_an_e_mail(owner: Client, ours: World, failed: Notification) -> None:
    make_notification(ours.organization, subject="Told here alone", user=ours.owner)
    page = owner.get(reverse(LIST), {"delivery__exact": "none"}).content.decode()
    assert "Told here alone" in page and "Undelivered" not in page
    page = owner.get(reverse(LIST), {"delivery__exact": "failed"}).content.decode()
    assert "Told here alone" not in page and "Undelivered" in page


def test_marking_as_read_touches_my_own_alone(owner: Client, ours: World, failed: Notification) -> None:
    other = make_notification(ours.organization, user=make_member(ours.organization))
    data = {"action": "read", "_selected_action": [failed.pk, other.pk]}
    page = owner.post(reverse(LIST), data, follow=True)
    assert "1 notification marked as read." in page.content.decode()
    other.refresh_from_db()
    assert other.read_at is None


def test_schedulers_send_again_what_was_not_delivered_and_viewers_cannot(
    owner: Client,
    ours: World,
    theirs: World,
    failed: Notification,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    foreign = make_notification(theirs.organization, delivery=Delivery.FAILED)
    data = {"action": "again", "_selected_action": [failed.pk, foreign.pk]}
    Membership.objects.filter(user=ours.owner).update(role=Role.VIEWER)
    owner.post(reverse(LIST), data, follow=True)
    failed.refresh_from_db()
    assert failed.delivery == Delivery.FAILED
    Membership.objects.filter(user=ours.owner).update(role=Role.SCHEDULER)
    with django_capture_on_commit_callbacks(execute=True):
        assert "1 e-mail queued." in owner.post(reverse(LIST), data, follow=True).content.decode()
        assert not JobRun.objects.filter(kind="notifications.send").exists(), (
            "a sender would not see yet what it is to send"
        )
    failed.refresh_from_db()
    foreign.refresh_from_db()
    assert (failed.delivery, failed.error) == (Delivery.PENDING, "")
    assert foreign.delivery == Delivery.FAILED
    assert JobRun.objects.filter(kind="notifications.send").count() == 1


def test_owners_choose_days_and_roles_of_expiry_alerts(owner: Client, ours: World) -> None:
    address = reverse("admin:rostering_organization_change", args=[ours.organization.pk])
    data = form_data(owner.get(address).content.decode())
    assert data["expiry_alert_days"] == ["90,60,30,7,0"]
    answer = owner.post(address, {**data, "expiry_alert_days": ["45, 14"], "expiry_alert_role": ["manager"]})
    assert answer.status_code == 302
    ours.organization.refresh_from_db()
    assert (ours.organization.expiry_alert_days, ours.organization.expiry_alert_role) == ([45, 14], "manager")
    answer = owner.post(address, {**data, "expiry_alert_days": ["soon"]})
    assert answer.status_code == 200
    ours.organization.refresh_from_db()
    assert ours.organization.expiry_alert_days == [45, 14]
