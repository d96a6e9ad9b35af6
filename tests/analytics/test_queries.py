"""The dashboard and the home page ask the database as often for fifty sites as for one, and reports no loop of rows."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from rostering.models import Organization, Role
from tests import builders
from tests.analytics.conftest import At
from tests.analytics.test_dashboard import CALLS
from tests.builders import MONDAY, local

pytestmark = pytest.mark.django_db
MOST_QUERIES = 16
MOST_QUERIES_OF_HOME = 36


def fill(organization: Organization, sites: int) -> None:
    """So many sites more, each with its people, certifications that run out and a fortnight of published shifts."""
    roster = builders.make_roster(organization=organization, status="published")
    certification = builders.make_certification(organization=organization)
    for number in range(sites):
        zone = "Asia/Tokyo" if number % 2 else ""
        site = builders.make_site(organization=organization, time_zone=zone, required_certifications=[certification])
        person = builders.make_staff(organization=organization, home_site=site)
        builders.make_staff_certification(person, certification, expires=MONDAY + timedelta(days=number % 20))
        builders.make_availability(person)
        for day in (0, 2, 8):
            shift = builders.make_shift(datetime.combine(MONDAY + timedelta(days=day), time(10)), site=site)
            builders.make_assignment(roster, shift, person)


@pytest.fixture
def monday(at: At) -> None:
    at(local(MONDAY, "07:00"))


@pytest.mark.parametrize("call", CALLS)
def test_calls_ask_as_often_for_fifty_sites_as_for_two(
    call: str, organization: Organization, viewer: APIClient, monday: None
) -> None:
    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert viewer.get(f"/api/v1/dashboard/{call}").status_code == 200
        return len(captured)

    fill(organization, 2)
    few = asked()
    fill(organization, 48)
    assert asked() == few <= MOST_QUERIES


def test_the_home_page_asks_as_often_for_fifty_sites_as_for_two(organization: Organization, monday: None) -> None:
    client = Client()
    client.force_login(builders.make_member(organization, Role.SCHEDULER))

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        return len(captured)

    fill(organization, 2)
    few = asked()
    fill(organization, 48)
    assert asked() <= few <= MOST_QUERIES_OF_HOME
