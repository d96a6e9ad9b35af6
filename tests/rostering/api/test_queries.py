"""The number of queries does not grow with the data."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from rostering.models import Role, Roster
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.routes import Route, api_routes
from tests.rostering.api.worlds import World

pytestmark = pytest.mark.django_db

LISTS = [route for route in api_routes() if not route.key and "get" in route.methods]
OF_A_ROSTER = ["rosters/{}/gaps/", "rosters/{}/diff/", "rosters/{}/score/"]
CEILING = 12
"""Queries of the most expensive list: token, user, organization and role are four of them."""

QUERY: dict[str, str | int] = {"page_size": 500, "limit": 500, "start_date": str(MONDAY), "days": 60}


def grow(world: World, count: int) -> None:
    """So many more of everything, each with links of its own."""
    own = world.organization
    for number in range(count):
        license_ = builders.make_certification(organization=own)
        site = builders.make_site(organization=own, required_certifications=[license_])
        contract = builders.make_contract(organization=own)
        builders.make_overtime_tier(contract)
        builders.make_rule("rest", contract=contract, minimum=600)
        person = builders.make_staff(
            organization=own,
            contract=contract,
            home_site=site,
            allowed_sites=[site],
            preferred_sites=[site],
            user=builders.make_member(own, Role.VIEWER),
        )
        builders.make_staff_certification(person, license_)
        builders.make_availability(person)
        kind = builders.make_shift_type(organization=own, required_certifications=[license_])
        pattern = builders.make_shift_pattern(site=site, shift_type=kind)
        start = datetime.combine(MONDAY + timedelta(days=number % 7), time(8))
        shift = builders.make_shift(start, site=site, shift_type=kind, pattern=pattern)
        builders.make_assignment(world.roster, shift, person)
        builders.make_gap(world.roster, builders.make_shift(start, site=site, headcount=2))
        roster = builders.make_roster(sites=[site])
        builders.make_assignment(roster, shift, person)
        builders.make_notification(own, staff=person, user=person.user)
    world.roster.sites.clear()


def queries(client: APIClient, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url, QUERY)
    assert answer.status_code == 200, answer.content
    return len(captured)


def compare(world: World, client: APIClient, url: str) -> None:
    grow(world, 2)
    Roster.objects.filter(pk=world.roster.pk).update(status="published")
    few = queries(client, url)
    Roster.objects.filter(pk=world.roster.pk).update(status="draft")
    grow(world, 8)
    Roster.objects.filter(pk=world.roster.pk).update(status="published")
    many = queries(client, url)
    assert many == few, f"{url}: {few} queries for a little, {many} for more"
    assert many <= CEILING


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.path)
def test_lists_and_reports_ask_as_often_for_many_rows_as_for_few(route: Route, ours: World, owner: APIClient) -> None:
    compare(ours, owner, route.url())


@pytest.mark.parametrize("path", OF_A_ROSTER)
def test_what_a_roster_tells_asks_as_often_for_many_rows_as_for_few(path: str, ours: World, owner: APIClient) -> None:
    compare(ours, owner, f"/api/v1/{path.format(ours.roster.pk)}")


def test_a_report_on_one_roster_asks_as_often_for_many_rows_as_for_few(ours: World, owner: APIClient) -> None:
    for path in ("unfilled-shifts", "employee-hours", "budget-summary"):
        compare(ours, owner, f"/api/v1/roster/{path}?roster_id={ours.roster.pk}")


def test_writing_many_links_asks_as_often_as_writing_few(ours: World, owner: APIClient) -> None:
    sites = [builders.make_site(organization=ours.organization).pk for _ in range(40)]
    url = f"/api/v1/staff/{ours.staff.pk}/"
    asked = []
    for links in (sites[:3], sites[3:]):
        with CaptureQueriesContext(connection) as captured:
            answer = owner.patch(url, {"allowed_sites": links}, format="json")
        assert answer.status_code == 200
        assert answer.json()["allowed_sites"] == links
        asked.append(len(captured))
    # The second also takes the first three links away: one query to find and one to delete them.
    assert asked[1] - asked[0] <= 2
