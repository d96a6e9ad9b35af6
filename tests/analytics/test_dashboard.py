"""The dashboard's figures: their shapes, and that they count right, in the organization's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from rest_framework.test import APIClient

from rostering.models import Organization, Roster, Staff
from rostering.selectors.expiry import current_certifications
from tests import builders
from tests.analytics.conftest import At, client_of
from tests.builders import MONDAY, local

pytestmark = pytest.mark.django_db

CALLS = {
    "metrics": dict,
    "upcoming-shifts": list,
    "upcoming_shifts": list,
    "expiring-certifications": list,
    "cost-trends": dict,
    "employee-utilization": dict,
    "site-coverage": list,
    "weekly-summary": dict,
}


def get(client: APIClient, call: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/dashboard/{call}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def published(organization: Organization, **fields: Any) -> Roster:
    return builders.make_roster(organization=organization, status="published", **fields)


@pytest.mark.parametrize("call", CALLS)
def test_an_organization_without_anything_has_an_empty_dashboard(call: str, viewer: APIClient) -> None:
    assert isinstance(get(viewer, call), CALLS[call])


def test_metrics_have_the_promised_shape_and_count_right(organization: Organization, viewer: APIClient, at: At) -> None:
    at(local(MONDAY, "12:00"))
    site = builders.make_site(organization=organization)
    builders.make_site(organization=organization, active=False)
    alice, bob = builders.make_staff("Alice"), builders.make_staff("Bob")
    builders.make_staff("Charlie", active=False)
    roster, draft = published(organization), builders.make_roster(organization=organization)
    past = builders.make_shift(datetime.combine(MONDAY, time(6)), site=site)
    full = builders.make_shift(datetime.combine(MONDAY, time(14)), site=site)
    half = builders.make_shift(datetime.combine(MONDAY + timedelta(days=2), time(8)), site=site, headcount=2)
    later = builders.make_shift(datetime.combine(MONDAY + timedelta(days=7), time(8)), site=site)
    builders.make_assignment(roster, past, alice)
    builders.make_assignment(roster, full, bob)
    builders.make_assignment(roster, half, alice)
    builders.make_assignment(draft, later, alice)
    builders.make_availability(alice)
    assert get(viewer, "metrics") == {
        "employees": {"total": 3, "active": 2, "inactive": 1},
        "shifts": {
            "total": 4,
            "upcoming": 3,
            "assigned": 2,
            "unassigned": 2,
            "this_week": 3,
            "fill_rate": 60.0,
        },
        "sites": {"total": 1},
        "certifications": {"expiring_soon": 0, "expired": 0},
        "availability": {"total_records": 1},
    }


def test_extra_people_on_one_shift_do_not_fill_another(organization: Organization, viewer: APIClient) -> None:
    roster, site = published(organization), builders.make_site(organization=organization)
    crowded = builders.make_shift(site=site)
    builders.make_shift(datetime.combine(MONDAY, time(16)), site=site)
    for _ in range(3):
        builders.make_assignment(roster, crowded, builders.make_staff())
    assert get(viewer, "metrics")["shifts"]["fill_rate"] == 50.0


def test_metrics_cached_without_a_tenant_in_the_key(organization: Organization) -> None:
    """A fault of the earlier system: everybody was shown the figures of whoever asked first."""
    other = builders.make_organization("beta")
    builders.make_staff("Alice", organization=organization)
    for name in ("Bob", "Charlie"):
        builders.make_staff(name, organization=other)
    builders.make_site(organization=other)
    first, second = client_of(organization), client_of(other)
    for _ in range(2):
        assert get(first, "metrics")["employees"]["total"] == 1
        assert get(second, "metrics")["employees"]["total"] == 2
        assert len(get(first, "site-coverage")) == 0
        assert len(get(second, "site-coverage")) == 1


@pytest.mark.parametrize(
    ("zone", "week_start", "moment", "first"),
    [
        ("UTC", 0, datetime(2027, 2, 7, 23, 30, tzinfo=UTC), date(2027, 2, 1)),
        ("Pacific/Auckland", 0, datetime(2027, 2, 7, 23, 30, tzinfo=UTC), date(2027, 2, 8)),
        ("America/Los_Angeles", 0, datetime(2027, 2, 8, 3, 0, tzinfo=UTC), date(2027, 2, 1)),
        ("UTC", 6, datetime(2027, 2, 7, 0, 30, tzinfo=UTC), date(2027, 2, 7)),
        ("UTC", 6, datetime(2027, 2, 6, 23, 30, tzinfo=UTC), date(2027, 1, 31)),
    ],
)
def test_this_week_is_the_organizations_week_in_its_own_zone(
    *, zone: str, week_start: int, moment: datetime, first: date, organization: Organization, viewer: APIClient, at: At
) -> None:
    organization.time_zone, organization.week_start = zone, week_start
    organization.save()
    site = builders.make_site(organization=organization)
    for day in (-1, 0, 6, 7):  # the days around the week's edges, just after midnight
        builders.make_shift(local(first + timedelta(days=day), "00:30", zone), site=site)
    at(moment)
    summary = get(viewer, "weekly-summary")
    assert (summary["week_start"], summary["week_end"]) == (str(first), str(first + timedelta(days=6)))
    assert summary["shifts"] == 2
    assert [row["shifts"] for row in summary["by_day"]] == [1, 0, 0, 0, 0, 0, 1]
    assert get(viewer, "metrics")["shifts"]["this_week"] == 2


def test_a_week_with_a_clock_change_has_seven_days_and_real_hours(
    organization: Organization, viewer: APIClient
) -> None:
    organization.time_zone = "Europe/Berlin"
    organization.save()
    night = builders.make_shift(local(date(2027, 3, 27), "22:00", "Europe/Berlin"), hours=7)
    builders.make_assignment(
        published(organization, start_date=date(2027, 3, 22)), night, builders.make_staff(organization=organization)
    )
    summary = get(viewer, "weekly-summary", date="2027-03-24")
    assert len(summary["by_day"]) == 7
    assert (summary["hours"], summary["cost"], summary["employees_working"]) == (7.0, 140.0, 1)
    assert summary["by_day"][5] == {"date": "2027-03-27", "shifts": 1, "places": 1, "filled": 1, "open": 0}


def test_the_weekly_summary_adds_up(organization: Organization, viewer: APIClient) -> None:
    site = builders.make_site(organization=organization)
    shift = builders.make_shift(site=site, headcount=3, unpaid_break_minutes=30)
    builders.make_assignment(published(organization), shift, builders.make_staff())
    summary = get(viewer, "weekly-summary", date=str(MONDAY))
    assert (summary["places"], summary["filled"], summary["open"], summary["fill_rate"]) == (3, 1, 2, 33.3)
    assert (summary["hours"], summary["cost"], summary["currency"]) == (7.5, 150.0, "EUR")


def test_upcoming_shifts_come_in_order_with_their_people(organization: Organization, viewer: APIClient, at: At) -> None:
    at(local(MONDAY, "09:00"))
    site = builders.make_site(organization=organization, time_zone="Europe/Berlin")
    builders.make_shift(local(MONDAY, "08:00"), site=site)
    shifts = [builders.make_shift(local(MONDAY, clock), site=site, headcount=2) for clock in ("16:00", "10:00")]
    alice = builders.make_staff("Alice")
    builders.make_assignment(published(organization), shifts[1], alice)
    rows = get(viewer, "upcoming-shifts")
    assert [row["shift_id"] for row in rows] == [shifts[1].pk, shifts[0].pk]
    assert rows[0]["start_time"] == f"{MONDAY}T11:00:00+01:00"
    assert (rows[0]["assigned"], rows[0]["open"], rows[0]["status"]) == (1, 1, "open")
    assert rows[0]["employees"] == [{"employee_id": alice.pk, "employee_name": alice.name}]
    assert len(get(viewer, "upcoming_shifts", limit=1)) == 1


def test_certifications_expire_by_the_day_and_renewed_ones_do_not(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    organization.time_zone = "Pacific/Auckland"
    organization.save()
    at(datetime(2027, 2, 1, 20, 0, tzinfo=UTC))  # the second of February in Auckland
    guard, driver = (builders.make_certification(warn_days=days) for days in (60, 5))
    alice, bob, gone = (builders.make_staff(name) for name in ("Alice", "Bob", "Gone"))
    gone.active = False
    gone.save()

    def hold(person: Any, kind: Any, expires: date | None, **fields: Any) -> None:
        builders.make_staff_certification(person, kind, expires=expires, **fields)

    hold(alice, guard, date(2027, 2, 2))  # today: still valid
    hold(alice, driver, date(2027, 2, 10))  # beyond its own five days of warning
    hold(bob, guard, date(2027, 2, 1))  # yesterday: expired
    hold(bob, driver, date(2027, 2, 3))  # renewed without an end
    hold(bob, driver, None, issued=date(2027, 1, 1))
    hold(gone, guard, date(2027, 2, 5))
    assert get(viewer, "metrics")["certifications"] == {"expiring_soon": 1, "expired": 1}
    rows = get(viewer, "expiring-certifications", days_ahead=8)
    assert [(row["employee_id"], row["expires"], row["days_left"]) for row in rows] == [
        (alice.pk, "2027-02-02", 0),
        (alice.pk, "2027-02-10", 8),
    ]
    assert len(get(viewer, "expiring-certifications", days_ahead=0)) == 1


def test_headline_figures_count_the_certifications_that_alerts_and_lists_speak_of(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    at(local(MONDAY, "12:00"))
    chance = Random(7)
    other = builders.make_organization("other")
    kinds = [builders.make_certification(warn_days=days, organization=organization) for days in (0, 10, 60)]
    days = [*(MONDAY + timedelta(days=offset) for offset in (-40, -1, 0, 1, 9, 10, 11, 59, 60, 61, 400)), None]
    for number in range(60):
        leaves = chance.choice([None, None, *days])
        fields: dict[str, Any] = {"active": number % 10 != 0, "employed_until": leaves}
        person = builders.make_staff(organization=organization, **fields)
        for kind in kinds:
            for expires in chance.choices(days, k=chance.randint(0, 3)):
                issued = MONDAY - timedelta(days=chance.randint(100, 900))
                builders.make_staff_certification(person, kind, expires=expires, issued=issued)
    builders.make_staff_certification(builders.make_staff(organization=other), expires=MONDAY)

    warned = [
        row.expires
        for row in current_certifications(organization).select_related("certification")
        if row.expires is not None and row.expires <= MONDAY + timedelta(days=row.certification.warn_days)
    ]
    expired = sum(day < MONDAY for day in warned)
    assert min(expired, len(warned) - expired) > 5
    counted = get(viewer, "metrics")["certifications"]
    assert counted == {"expiring_soon": len(warned) - expired, "expired": expired}


def test_utilization_lists_active_people_and_whoever_else_worked(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    at(local(MONDAY, "23:00"))
    roster = published(organization)
    site = builders.make_site(organization=organization)
    idle, left = (builders.make_staff(name, organization=organization) for name in ("Idle", "Left"))
    shift = builders.make_shift(datetime.combine(MONDAY, time(8)), site=site)
    builders.make_assignment(roster, shift, left)
    Staff.objects.filter(pk=left.pk).update(active=False)
    builders.make_staff("Gone", organization=organization, active=False)
    rows = get(viewer, "employee-utilization")["employees"]
    assert {row["employee_name"]: row["shifts"] for row in rows} == {idle.name: 0, left.name: 1}


def test_expiring_certifications_tell_how_many_future_shifts_become_uncovered(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    at(local(MONDAY, "09:00"))
    guard = builders.make_certification("GUARD", organization=organization)
    site = builders.make_site(organization=organization, required_certifications=[guard])
    alice, bob = (builders.make_staff(name, organization=organization) for name in ("Alice", "Bob"))
    builders.make_staff_certification(alice, guard, expires=MONDAY + timedelta(days=3))

    def uncovered() -> list[int]:
        return [row["uncovered_shifts"] for row in get(viewer, "expiring-certifications", days_ahead=8)]

    assert uncovered() == [0]
    for day in (3, 4, 5):
        builders.make_shift(datetime.combine(MONDAY + timedelta(days=day), time(8)), site=site)
    assert uncovered() == [2]
    builders.make_staff_certification(bob, guard)
    assert uncovered() == [0]


def test_cost_trends_have_every_day_and_the_price_of_published_work(
    organization: Organization, viewer: APIClient, at: At
) -> None:
    at(local(MONDAY + timedelta(days=2), "09:00"))
    roster = published(organization)
    builders.make_assignment(roster, builders.make_shift(), builders.make_staff())
    priced = builders.make_shift(datetime.combine(MONDAY, time(18)), hours=5)
    builders.make_assignment(roster, priced, builders.make_staff(), cost_cents=12345)
    trend = get(viewer, "cost-trends", days=7)
    assert (trend["start_date"], trend["end_date"]) == (
        str(MONDAY - timedelta(days=4)),
        str(MONDAY + timedelta(days=2)),
    )
    assert [row["cost"] for row in trend["trend"]] == [0, 0, 0, 0, 283.45, 0, 0]
    assert (trend["total_cost"], trend["total_hours"], trend["currency"]) == (283.45, 13.0, "EUR")
    ahead = get(viewer, "cost-trends", days=7, start_date=str(MONDAY))
    assert [row["cost"] for row in ahead["trend"]] == [283.45, 0, 0, 0, 0, 0, 0]


def test_utilization_sets_hours_against_the_contract(organization: Organization, viewer: APIClient) -> None:
    contract = builders.make_contract(organization=organization, weekly_minutes=1200)
    person = builders.make_staff(contract=contract)
    builders.make_assignment(published(organization), builders.make_shift(), person)
    found = get(viewer, "employee-utilization", days=7, start_date=str(MONDAY))
    assert found["employees"] == [
        {
            "employee_id": person.pk,
            "employee_name": person.name,
            "shifts": 1,
            "hours": 8.0,
            "contract_hours": 20.0,
            "utilization": 40.0,
        }
    ]


def test_site_coverage_lists_every_active_site(organization: Organization, viewer: APIClient, at: At) -> None:
    at(local(MONDAY, "09:00"))
    busy, quiet = (builders.make_site(code, organization=organization) for code in ("A", "B"))
    builders.make_site("C", organization=organization, active=False)
    shift = builders.make_shift(site=busy, headcount=4)
    builders.make_assignment(published(organization), shift, builders.make_staff())
    rows = get(viewer, "site-coverage", days=3)
    assert [(row["site_id"], row["shifts"], row["places"], row["filled"], row["coverage"]) for row in rows] == [
        (busy.pk, 1, 4, 1, 25.0),
        (quiet.pk, 0, 0, 0, 0.0),
    ]


@pytest.mark.parametrize(
    ("call", "query"),
    [
        ("upcoming-shifts", {"limit": "0"}),
        ("upcoming-shifts", {"limit": "many"}),
        ("upcoming-shifts", {"limit": "99999999999999999999"}),
        ("expiring-certifications", {"days_ahead": "-1"}),
        ("cost-trends", {"days": "401"}),
        ("cost-trends", {"start_date": "soon"}),
        ("employee-utilization", {"days": "1.5"}),
        ("site-coverage", {"days": "²"}),
        ("weekly-summary", {"date": "2027-02-30"}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(
    call: str, query: dict[str, str], viewer: APIClient
) -> None:
    answer = viewer.get(f"/api/v1/dashboard/{call}", query)
    assert answer.status_code == 400
    assert list(answer.json()) == list(query)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("dashboard/weekly-summary", {"date": "9999-12-31"}),
        ("dashboard/cost-trends", {"start_date": "9999-12-31"}),
        ("dashboard/weekly-summary", {"date": "0001-01-01"}),
        ("analytics/metrics/daily", {"from": "9999-12-31"}),
        ("analytics/metrics/daily", {"to": "0001-01-01"}),
        ("roster/unfilled-shifts", {"start_date": "9999-12-31"}),
        ("roster/unfilled-shifts", {"end_date": "0001-01-01"}),
    ],
)
def test_dates_at_the_ends_of_time_are_refused_by_name(path: str, query: dict[str, str], viewer: APIClient) -> None:
    answer = viewer.get(f"/api/v1/{path}", query)
    ((name, day),) = query.items()
    assert answer.status_code == 400
    assert answer.json() == {name: [f"The year {day[:4]} is out of range; dates go from 1900 to 2199."]}


def test_a_period_that_runs_past_the_last_year_is_refused(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/dashboard/cost-trends", {"start_date": "2199-12-31"})
    assert answer.status_code == 400
    assert "The year 2200 is out of range" in str(answer.json())
