"""The number of queries does not grow with the data."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from rostering.models import Role, Roster
from tests import builders
from tests.builders import MONDAY
from tests.rostering.api.routes import api_routes
from tests.rostering.api.worlds import World

pytestmark = pytest.mark.django_db

LISTS = [route for route in api_routes() if not route.key and "get" in route.methods and not route.platform]
REPORTS = ["unfilled-shifts", "employee-hours", "budget-summary"]
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
        answer = client.get(f"{url}{'&' if '?' in url else '?'}{urlencode(QUERY)}")
    assert answer.status_code == 200, answer.content
    return len(captured)


def measure(world: World, client: APIClient) -> dict[str, int]:
    """The number of queries of every list and report, while the roster is published."""
    Roster.objects.filter(pk=world.roster.pk).update(status="published")
    urls = [route.url() for route in LISTS]
    urls += [f"/api/v1/{path.format(world.roster.pk)}" for path in OF_A_ROSTER]
    urls += [f"/api/v1/roster/{report}?roster_id={world.roster.pk}" for report in REPORTS]
    counted = {url: queries(client, url) for url in urls}
    Roster.objects.filter(pk=world.roster.pk).update(status="draft")
    return counted


def test_lists_and_reports_ask_as_often_for_many_rows_as_for_few(ours: World, owner: APIClient) -> None:
    grow(ours, 2)
    few = measure(ours, owner)
    grow(ours, 8)
    many = measure(ours, owner)
    assert len(few) > 30
    assert {url: (few[url], many[url]) for url in few if few[url] != many[url]} == {}
    assert {url: count for url, count in many.items() if count > CEILING} == {}


def test_writing_many_links_asks_as_often_as_writing_few(ours: World, owner: APIClient) -> None:
    sites = [builders.make_site(organization=ours.organization).pk for _ in range(40)]
    url = f"/api/v1/staff/{ours.staff.pk}/"
    asked = []
    for links in (sites[:3], sites[3:]):
        with CaptureQueriesContext(connection) as captured:
            answer = owner.patch(url, {"allowed_sites": links}, format="json")
        assert answer.status_code == 200
        assert sorted(answer.json()["allowed_sites"]) == links
        asked.append(len(captured))
    # The second also takes the first three links away: one query to find and one to delete them.
    assert asked[1] - asked[0] <= 2
