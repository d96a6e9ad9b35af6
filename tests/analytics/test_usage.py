"""What is stored about use: enough to count, nothing about whom; and a request never pays for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from analytics.features import FEATURES, feature_of
from analytics.models import DailySalt, FeatureUse
from analytics.services import usage
from analytics.services.usage import KEPT_DAYS, UsageRecorder, actor_of, prune_usage, recorder
from rostering.models import Organization, Role
from tests import builders
from tests.analytics.conftest import At, client_of
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(settings: Any) -> Iterator[None]:
    settings.USAGE_RECORDING, settings.USAGE_WRITE_IN_BACKGROUND = True, False
    recorder._waiting.clear()
    yield
    recorder._waiting.clear()


def stored() -> dict[str, int]:
    """Feature to uses, once what waits is written."""
    recorder.flush()
    rows = FeatureUse.objects.order_by().values_list("feature").annotate(total=Sum("times"))
    return dict(rows)


def browser(organization: Organization, role: Role = Role.MANAGER) -> Client:
    client = Client()
    client.force_login(builders.make_member(organization, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_pages_and_calls_of_members_are_counted(recording: None, organization: Organization) -> None:
    page, api = browser(organization), client_of(organization)
    assert page.get(reverse("admin:index")).status_code == 200
    assert page.get(reverse("admin:rostering_staff_changelist")).status_code == 200
    assert api.get("/api/v1/sites/").status_code == 200
    assert stored() == {"visit": 3, "api": 1}
    assert FeatureUse.objects.values("actor").distinct().count() == 2


@pytest.mark.django_db(transaction=True)  # nothing is kept inside a transaction that has written
@pytest.mark.parametrize("call", ["/api/v1/dashboard/metrics", "/api/v1/roster/employee-hours"])
def test_kept_answers_and_unchanged_ones_are_counted_like_others(
    recording: None, organization: Organization, call: str
) -> None:
    api = client_of(organization)
    tag = api.get(call).headers["ETag"]
    assert api.get(call).status_code == 200
    assert api.get(call, headers={"If-None-Match": tag}).status_code == 304
    assert stored() == {"visit": 3, "api": 3}


def test_features_are_told_apart_by_where_a_request_goes(recording: None, organization: Organization) -> None:
    page = browser(organization)
    shift = builders.make_shift(organization=organization)
    roster = builders.make_roster(organization=organization)
    assignment = builders.make_assignment(roster, shift)
    assert page.get(reverse("admin:rostering_roster_compare", args=[roster.pk])).status_code == 200
    address = reverse("admin:rostering_roster_assignment", args=[roster.pk, assignment.pk])
    assert page.get(address).status_code == 200
    assert page.get(f"{address}?others=1").status_code == 200
    assert page.post(address, {"do": "pin"}).status_code == 302
    assert client_of(organization).get(f"/api/v1/shifts/{shift.pk}/candidates/").status_code == 200
    assert stored() == {"visit": 5, "compare": 1, "replace": 2, "edit": 1, "api": 1}


def test_refusals_strangers_polls_and_platform_staff_are_not_counted(
    recording: None, organization: Organization
) -> None:
    viewer, root = browser(organization, Role.VIEWER), Client()
    root.force_login(builders.make_user("root", superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    assert viewer.get(reverse("admin:rostering_roster_generate")).status_code in (302, 403)
    recorder._waiting.clear()
    viewer.get(reverse("admin:rostering_staff_change", args=[987654]))
    viewer.get(f"{reverse('admin:index')}?part=jobs", headers={"HX-Request": "true"})
    viewer.get(reverse("admin:jobs_jobrun_live"))
    root.get(f"{reverse('admin:index')}?organization=alpha")
    Client().get(reverse("admin:login"))
    APIClient().get("/api/v1/sites/")
    assert stored() == {}


def test_noting_asks_the_database_nothing(recording: None, organization: Organization, settings: Any) -> None:
    def queries(client: Client) -> int:
        client.get(reverse("admin:rostering_site_changelist"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("admin:rostering_site_changelist"))
        return len(captured)

    counted = browser(organization)
    with_recording = queries(counted)
    settings.USAGE_RECORDING = False
    assert queries(browser(organization)) == with_recording


@pytest.mark.parametrize("broken", ["analytics.middleware.recorder.note", "analytics.middleware.feature_of"])
def test_an_error_while_noting_is_logged_and_the_page_answers(
    broken: str, recording: None, organization: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    with patch(broken, side_effect=RuntimeError("boom")):
        assert browser(organization).get(reverse("admin:index")).status_code == 200
    assert "could not be noted" in caplog.text


def test_an_error_while_writing_is_logged_and_what_comes_next_is_counted(
    organization: Organization, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    own = UsageRecorder()
    own.note(organization=organization, user_id=1)
    with patch.object(usage, "_write", side_effect=DatabaseError("down")):
        assert own.flush() == 0
    assert "1 counts of feature use could not be written" in caplog.text
    own.note(organization=organization, user_id=1)
    assert own.flush() == 1


def test_counts_of_two_processes_add_up_and_one_person_is_one_actor(organization: Organization, settings: Any) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    for own in (UsageRecorder(), UsageRecorder()):
        for _ in range(3):
            own.note(organization=organization, user_id=7, features=["edit"])
        assert own.flush() == 2
    assert sorted(FeatureUse.objects.values_list("feature", "times")) == [("edit", 6), ("visit", 6)]
    assert FeatureUse.objects.values("actor").distinct().count() == 1


def test_an_organization_deleted_meanwhile_spoils_nothing(organization: Organization, settings: Any) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    own, other = UsageRecorder(), builders.make_organization("beta")
    own.note(organization=other, user_id=1)
    own.note(organization=organization, user_id=1)
    other.delete()
    assert own.flush() == 1


def test_memory_is_bounded(organization: Organization, settings: Any) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    own = UsageRecorder()
    with patch.object(usage, "MOST_KEYS", 5):
        for user in range(9):
            own.note(organization=organization, user_id=user)
    assert len(own._waiting) == 5


def test_an_actor_differs_by_person_day_and_organization_and_names_nobody(
    organization: Organization, at: At, settings: Any
) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    other = builders.make_organization("beta")
    own = UsageRecorder()
    for number in (0, 1):
        at(datetime(2027, 2, 1 + number, 12, tzinfo=UTC))
        for organization_ in (organization, other):
            for user in (1, 2):
                own.note(organization=organization_, user_id=user)
    own.flush()
    assert FeatureUse.objects.values("actor").distinct().count() == 8
    columns = {field.name for field in FeatureUse._meta.concrete_fields}
    assert columns == {"id", "organization", "day", "feature", "actor", "times"}


def test_the_day_is_the_organizations_own(organization: Organization, at: At, settings: Any) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = False
    at(datetime(2027, 2, 1, 20, tzinfo=UTC))
    auckland = builders.make_organization("beta", time_zone="Pacific/Auckland")
    own = UsageRecorder()
    own.note(organization=organization, user_id=1)
    own.note(organization=auckland, user_id=1)
    own.flush()
    assert dict(FeatureUse.objects.values_list("organization__slug", "day")) == {
        "alpha": date(2027, 2, 1),
        "beta": date(2027, 2, 2),
    }


def test_pruning_forgets_the_salts_of_past_days_and_old_use(organization: Organization, at: At) -> None:
    at(datetime(2027, 6, 1, 12, tzinfo=UTC))
    today = date(2027, 6, 1)
    for days_ago in (0, 2, 3, KEPT_DAYS, KEPT_DAYS + 1):
        day = today - timedelta(days=days_ago)
        DailySalt.objects.create(day=day, salt=b"x" * 32)
        FeatureUse.objects.create(organization=organization, day=day, feature="visit", actor="a")
    assert prune_usage() == 1
    assert set(DailySalt.objects.values_list("day", flat=True)) == {today, today - timedelta(days=2)}
    assert FeatureUse.objects.count() == 4


def test_the_thread_writes_what_waits_and_starts_again(organization: Organization, settings: Any) -> None:
    settings.USAGE_WRITE_IN_BACKGROUND = True
    own, written = UsageRecorder(), threading.Event()

    def write(waiting: Any) -> int:
        written.set()
        return len(waiting)

    with patch.object(usage, "FLUSH_SECONDS", 0.01), patch.object(usage, "_write", write):
        for _ in range(2):
            own.note(organization=organization, user_id=1)
            assert written.wait(10)
            written.clear()
            while own._timer is not None:
                own._timer.join(10)
    assert own._waiting == {}


def test_every_feature_can_be_used_by_some_request() -> None:
    names = [("rostering_roster_generate", "POST"), ("rostering_roster_publish", "POST"), ("roster-confirm", "POST")]
    names += [("assignment-list", "POST"), ("shift-candidates", "GET"), ("rostering_gap_change", "GET")]
    names += [("roster-diff", "GET"), ("rostering_staff_import", "POST"), ("rostering_staff_export", "POST")]
    assert {feature_of(name, method) for name, method in names} == set(FEATURES) - {"api"}
    assert feature_of("rostering_roster_generate", "GET") is None
    assert feature_of("rostering_staff_changelist", "GET") is None


def test_the_pseudonym_needs_the_salt() -> None:
    assert actor_of(b"a" * 32, 1, 1) != actor_of(b"b" * 32, 1, 1)
    assert actor_of(b"a" * 32, 1, 12) != actor_of(b"a" * 32, 11, 2)
    assert len(actor_of(b"a" * 32, 1, 1)) == 16


def test_anybody_in_the_organization_sees_what_is_stored(organization: Organization) -> None:
    FeatureUse.objects.create(organization=organization, day=MONDAY, feature="edit", actor="0123456789abcdef", times=4)
    shown = browser(organization, Role.VIEWER).get(reverse("admin:analytics_featureuse_changelist")).content.decode()
    assert "This is all that is stored about use" in shown
    assert "0123456789abcdef" in shown and "Edit on the board" in shown
