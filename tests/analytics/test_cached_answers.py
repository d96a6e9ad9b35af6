"""Cached calls as a client sees them: fresh, its own, cheap when nothing changed. Real Valkey, committed rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import sleep, time
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from rostering import versions
from rostering.api.views.base import TenantView
from rostering.cache.views import cached
from rostering.models import Membership, Organization, Role, Roster, Staff
from rostering.tenancy import current_role
from tests import builders
from tests.analytics.conftest import At, client_of
from tests.rostering.api.routes import api_routes
from tests.rostering.api.worlds import make_world
from tests.rostering.test_versions import NOT_SHOWN, TOPIC_OF
from tests.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)

DASHBOARD = "/api/v1/dashboard/"
CALLS = [
    *(
        DASHBOARD + call
        for call in (
            "metrics",
            "upcoming-shifts",
            "expiring-certifications",
            "cost-trends",
            "employee-utilization",
            "site-coverage",
            "weekly-summary",
        )
    ),
    *(f"/api/v1/roster/{call}" for call in ("unfilled-shifts", "employee-hours", "budget-summary")),
]
METRICS = CALLS[0]
WARM_QUERIES = 2  # the token; the organization with the caller's role and the versions of its data
"""Token with its user, organization, role."""


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    """Committed: inside a transaction that has written nothing is kept."""
    return builders.make_organization("alpha")


@pytest.fixture
def viewer(organization: Organization) -> APIClient:
    return client_of(organization)


def keys(valkey: Valkey, pattern: str = "*") -> list[str]:
    with valkey.client() as client:
        found = [key.decode() for key in client.scan_iter(match="muster:1:" + pattern)]
    return sorted(key.removeprefix("muster:1:") for key in found if not key.startswith("muster:1:statistics"))


def commands(valkey: Valkey) -> int:
    """How many commands the server has run, these questions apart."""
    with valkey.client() as client:
        stats: Any = client.info("commandstats")
    return sum(row["calls"] for name, row in stats.items() if name.startswith(("cmdstat_eval", "cmdstat_set")))


@pytest.mark.parametrize("call", CALLS)
def test_an_unchanged_answer_costs_who_asks_and_the_version(call: str, viewer: APIClient, valkey: Valkey) -> None:
    first = viewer.get(call)
    with CaptureQueriesContext(connection) as warm:
        again = viewer.get(call)
    asked = commands(valkey)
    with CaptureQueriesContext(connection) as unchanged:
        same = viewer.get(call, headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, same.status_code) == (200, 200, 304)
    assert first.content == again.content
    assert (len(warm), len(unchanged)) == (WARM_QUERIES, WARM_QUERIES)
    assert commands(valkey) == asked, "a 304 asks Redis nothing"
    assert (same.content, same["ETag"]) == (b"", first["ETag"])
    for answer in (first, again, same):
        assert answer["Cache-Control"] == "private, no-cache"
        assert {"Accept", "Authorization", "Cookie", "X-Organization"} <= set(answer["Vary"].split(", "))
    assert again["Content-Type"] == "application/json"


@pytest.mark.parametrize("call", CALLS)
def test_every_table_an_answer_is_made_from_bumps_a_version_in_its_key(call: str, valkey: Valkey) -> None:
    """Else it would be served stale."""
    world = make_world("alpha", "Alice")
    Roster.objects.update(status="published")
    viewer = APIClient()
    viewer.force_authenticate(world.members[Role.VIEWER])
    for query in ({}, {"roster_id": world.roster.pk, "site_id": world.rows["sites"].pk}):
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(call, query).status_code == 200
        read = {table for query in queries for table in re.findall(r'"(rostering_\w+)"', query["sql"])}
        shown = read & set(TOPIC_OF)
        assert read - shown <= {model._meta.db_table for model in NOT_SHOWN}
        (key,) = keys(valkey)
        for table in shown:
            assert re.search(rf"[:.]{TOPIC_OF[table]}-", key), (
                f"{call} reads {table}; its topics must name {TOPIC_OF[table]}"
            )
        with valkey.client() as client:
            client.flushdb()


def test_every_dashboard_call_and_report_is_kept(viewer: APIClient, valkey: Valkey) -> None:
    kept = [route for route in api_routes() if re.match(r"api/v1/(dashboard/|roster/(?!confirm))", route.path)]
    assert len(kept) == len(CALLS) + 1, "the alias apart"
    for route in kept:
        assert viewer.get(route.url()).has_header("ETag"), route.path


def test_keys_can_be_read_and_name_the_tenant(organization: Organization, viewer: APIClient, valkey: Valkey) -> None:
    viewer.get(METRICS)
    viewer.get(DASHBOARD + "upcoming-shifts", {"limit": 5})
    viewer.get(DASHBOARD + "weekly-summary", {"date": "2027-02-03"})
    viewer.get("/api/v1/roster/unfilled-shifts", {"start_date": "2027-02-01"})
    today = timezone.now().date()
    found = keys(valkey)
    for key, start in zip(
        found,
        (
            f"dashboard:metrics:all:org-{organization.pk}:all:{today}:availability-",
            f"dashboard:upcoming_shifts:5:org-{organization.pk}:all:{today}:organization-",
            f"dashboard:weekly_summary:date-2027-02-03:org-{organization.pk}:all:{today}:",
            f"shifts:unfilled:start_date-2027-02-01:org-{organization.pk}:all:{today}:",
        ),
        strict=True,
    ):
        assert key.startswith(start)
        assert re.search(r":c-[0-9a-f]{10}$", key)
    with valkey.client() as client:
        lives = [client.pttl("muster:1:" + key) for key in found[:2]]
        assert b'"employees"' in client.get("muster:1:" + found[0])
    assert 290_000 < lives[0] <= 300_000
    assert 110_000 < lives[1] <= 120_000


def test_the_same_question_has_one_key_however_it_is_put(viewer: APIClient, valkey: Valkey) -> None:
    for path in ("upcoming-shifts", "upcoming_shifts/", "upcoming-shifts?limit=10", "upcoming-shifts?limit=010&x=1"):
        assert viewer.get(DASHBOARD + path).status_code == 200
    assert len(keys(valkey)) == 1
    viewer.get(DASHBOARD + "upcoming-shifts?limit=11")
    assert len(keys(valkey)) == 2


def test_a_write_of_any_kind_shows_at_once(organization: Organization, viewer: APIClient, valkey: Valkey) -> None:
    def total() -> int:
        found: int = viewer.get(METRICS).json()["employees"]["total"]
        return found

    assert total() == 0
    person = builders.make_staff("Alice", organization=organization)
    assert total() == 1
    Staff.objects.bulk_create(
        [Staff(**{**_values(person), "number": str(number)}) for number in range(3)],
    )
    assert total() == 4
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rostering_staff WHERE number = '1'")
    assert total() == 3
    owner = client_of(organization, Role.OWNER)
    assert owner.delete(f"/api/v1/staff/{person.pk}/").status_code == 204
    assert total() == 2


def test_what_is_not_committed_is_neither_kept_nor_shown_later(
    organization: Organization, viewer: APIClient, valkey: Valkey
) -> None:
    with transaction.atomic():
        builders.make_site(organization=organization)
        inside = viewer.get(METRICS)
        assert inside.json()["sites"]["total"] == 1
        assert not inside.has_header("ETag")
        transaction.set_rollback(True)
    assert keys(valkey) == []
    assert viewer.get(METRICS).json()["sites"]["total"] == 0


@pytest.mark.parametrize("who", ["member", "platform staff"])
def test_settings_changed_while_a_request_begins_are_in_its_answer(
    organization: Organization, viewer: APIClient, valkey: Valkey, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """The organization is loaded at sign-in, perhaps before the version: kept as it was then it would stay stale."""
    if who == "platform staff":
        viewer.force_authenticate(builders.make_user("root", superuser=True))
    known = versions.of

    def change_first(*args: Any) -> Any:
        Organization.objects.filter(currency="EUR").update(currency="USD")
        return known(*args)

    monkeypatch.setattr(versions, "of", change_first)
    for _ in range(2):
        answer = viewer.get(DASHBOARD + "cost-trends", headers={"X-Organization": organization.slug})
        assert answer.json()["currency"] == "USD"


def test_nobody_is_given_another_organizations_bytes_or_304(organization: Organization, valkey: Valkey) -> None:
    other = builders.make_organization("beta")
    builders.make_site("HIDDEN", organization=other)
    both = builders.make_member(organization, Role.VIEWER)
    Membership.objects.create(organization=other, user=both, role=Role.OWNER)
    ours, theirs, of_both = client_of(organization), client_of(other), APIClient()
    of_both.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=both).key}")
    for call in CALLS:
        tags = {theirs.get(call)["ETag"], of_both.get(call, headers={"X-Organization": "beta"})["ETag"]}
        asked = {"If-None-Match": ", ".join(tags)}
        for _ in range(2):
            for client, headers in ((ours, asked), (of_both, {**asked, "X-Organization": "alpha"})):
                answer = client.get(call, headers=headers)
                assert answer.status_code == 200
                assert b"HIDDEN" not in answer.content
        assert of_both.get(call, headers={**asked, "X-Organization": "beta"}).status_code == 304
        assert client_of(builders.make_organization("gamma")).get(call, headers=asked).status_code == 200


def test_a_scope_of_callers_is_never_shown_what_another_scope_is(organization: Organization, valkey: Valkey) -> None:
    class RoleView(TenantView):
        @cached("dashboard:test", topics=[], seconds=60, scope=lambda request: str(current_role(request)))
        def get(self, request: Request) -> Response:
            return Response({"role": current_role(request)})

    def ask(role: Role, tag: str = "") -> Any:
        request = APIRequestFactory().get("/", headers={"If-None-Match": tag})
        force_authenticate(request, builders.make_member(organization, role))
        return RoleView.as_view()(request)

    owners = ask(Role.OWNER)
    assert owners.content == b'{"role":"owner"}'
    assert ask(Role.OWNER, owners["ETag"]).status_code == 304
    assert ask(Role.VIEWER, owners["ETag"]).content == b'{"role":"viewer"}'


@pytest.mark.parametrize("accept", ["text/html", "application/json; indent=2"])
def test_other_renderings_are_made_anew_and_never_kept(accept: str, viewer: APIClient, valkey: Valkey) -> None:
    plain = viewer.get(METRICS)
    other = viewer.get(METRICS, headers={"Accept": accept, "If-None-Match": plain["ETag"]})
    assert (other.status_code, other.has_header("ETag")) == (200, False)
    assert other.content != plain.content
    assert other["Cache-Control"] == "private, no-cache"
    assert viewer.get(METRICS).content == plain.content
    assert len(keys(valkey)) == 1


def test_refusals_are_not_kept(organization: Organization, viewer: APIClient, valkey: Valkey) -> None:
    foreign = builders.make_roster(organization=builders.make_organization("beta")).pk
    assert viewer.get(CALLS[-1], {"roster_id": foreign}).status_code == 404
    assert viewer.get(DASHBOARD + "cost-trends", {"days": "0"}).status_code == 400
    assert APIClient().get(METRICS).status_code == 401
    assert keys(valkey) == []


def test_a_shift_that_has_begun_is_no_longer_upcoming(
    organization: Organization, viewer: APIClient, valkey: Valkey
) -> None:
    """Without any write: the answer ends when its first shift begins, for Redis and for the browser's copy alike."""
    builders.make_shift(timezone.now() + timedelta(seconds=1.5), organization=organization)
    call = DASHBOARD + "upcoming-shifts"
    first = viewer.get(call)
    assert len(first.json()) == 1
    assert viewer.get(call, headers={"If-None-Match": first["ETag"]}).status_code == 304
    sleep(1.6)
    later = viewer.get(call, headers={"If-None-Match": first["ETag"]})
    assert (later.status_code, later.json()) == (200, [])


def test_a_browser_copy_is_confirmed_only_as_long_as_the_answer_lives(
    viewer: APIClient, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = viewer.get(METRICS)
    now = time()
    monkeypatch.setattr("rostering.cache.views.time.time", lambda: now + 301)
    assert viewer.get(METRICS, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("tag", ["*", "junk", '"junk"', 'W/"x.y"', '""', '"0.fffffffffff"'])
def test_a_tag_of_somebody_elses_making_confirms_nothing(tag: str, viewer: APIClient, valkey: Valkey) -> None:
    assert viewer.get(METRICS, headers={"If-None-Match": tag}).status_code == 200


def test_a_weakened_tag_still_confirms(viewer: APIClient, valkey: Valkey) -> None:
    """Proxies that compress weaken tags."""
    tag = viewer.get(METRICS)["ETag"]
    assert viewer.get(METRICS, headers={"If-None-Match": f'"other", W/{tag}'}).status_code == 304


def test_tomorrow_in_the_organizations_zone_is_another_question(
    organization: Organization, viewer: APIClient, valkey: Valkey, at: At
) -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")
    at(datetime(2027, 2, 1, 10, 59, tzinfo=UTC))
    assert viewer.get(DASHBOARD + "cost-trends").json()["end_date"] == "2027-02-01"
    at(datetime(2027, 2, 1, 11, 1, tzinfo=UTC))
    assert viewer.get(DASHBOARD + "cost-trends").json()["end_date"] == "2027-02-02"


@pytest.mark.parametrize("trouble", ["killed", "hung"])
def test_with_redis_down_answers_are_right(
    trouble: str, organization: Organization, viewer: APIClient, valkey: Valkey
) -> None:
    before = {call: viewer.get(call).content for call in CALLS}
    valkey.kill() if trouble == "killed" else valkey.hang()
    assert {call: viewer.get(call).content for call in CALLS} == before
    for count in (1, 2):
        builders.make_site(organization=organization)
        with CaptureQueriesContext(connection) as computed:
            assert viewer.get(METRICS).json()["sites"]["total"] == count
        with CaptureQueriesContext(connection) as remembered:
            assert viewer.get(METRICS).json()["sites"]["total"] == count
        assert len(computed) > len(remembered) == WARM_QUERIES, "this process remembers"


def test_statistics_count_what_was_asked_of_the_cache(viewer: APIClient, valkey: Valkey) -> None:
    for _ in range(4):
        viewer.get(METRICS)
    stats = viewer.get("/api/v1/cache/stats").json()["stats"]
    assert (stats["total_keys"], stats["hits"], stats["misses"], stats["hit_rate"]) == (1, 3, 1, 0.75)
    assert stats["memory_used_mb"] >= 0


def _values(person: Staff) -> dict[str, Any]:
    names = ("organization_id", "contract_id", "first_name", "last_name", "hourly_rate", "employed_from")
    return {name: getattr(person, name) for name in names}
