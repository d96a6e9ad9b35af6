"""One row for each organization and each of its own dates that has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import DailyMetrics, FeatureUse
from analytics.services.daily_metrics import calculate, ended_days, waiting_organizations
from analytics.services.usage import KEPT_DAYS
from jobs.models import JobRun
from jobs.states import Status
from rostering.models import Organization, Roster, Shift, Staff
from rostering.selectors.periods import Period
from tests import builders
from tests.analytics.conftest import At
from tests.builders import MONDAY, local

pytestmark = pytest.mark.django_db

FIGURES = [field.name for field in DailyMetrics._meta.concrete_fields if field.name not in ("id", "calculated_at")]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def begun(organization: Organization, moment: datetime) -> Organization:
    Organization.objects.filter(pk=organization.pk).update(created_at=moment)
    organization.created_at = moment
    return organization


def use(organization: Organization, day: date, actor: str, feature: str = "visit", times: int = 1) -> None:
    FeatureUse.objects.create(organization=organization, day=day, actor=actor, feature=feature, times=times)


def row(organization: Organization, day: date = MONDAY) -> DailyMetrics:
    found: DailyMetrics = DailyMetrics.objects.get(organization=organization, day=day)
    return found


def everything() -> list[Any]:
    return list(DailyMetrics.objects.order_by("organization", "day").values(*FIGURES))


@pytest.fixture
def busy(organization: Organization, at: At) -> Organization:
    """A Monday with something of everything, looked at two days later."""
    at(noon(MONDAY + timedelta(days=2)))
    site, closed = builders.make_site(organization=organization), builders.make_site(organization=organization)
    alice, bob = builders.make_staff("Alice"), builders.make_staff("Bob")
    roster = builders.make_roster(organization=organization, status="published", days=7)
    two = builders.make_shift(local(MONDAY, "08:00"), site=site, headcount=2)
    open_ = builders.make_shift(local(MONDAY, "16:00"), site=site)
    elsewhere = builders.make_shift(local(MONDAY, "08:00"), site=closed)
    closed.active = False
    closed.save()
    builders.make_assignment(roster, two, alice, cost_cents=12000)
    builders.make_assignment(roster, two, bob, cost_cents=13000, override_reason="Nobody else can drive.")
    builders.make_assignment(roster, builders.make_shift(local(MONDAY + timedelta(days=1), "08:00")), alice)
    for solved, seconds in ((True, 12.5), (True, 3.0), (False, None)):
        made = builders.make_roster(organization=organization, solver_status="optimal" if solved else "")
        Roster.objects.filter(pk=made.pk).update(created_at=noon(MONDAY), solve_seconds=seconds)
    Shift.objects.filter(pk__in=[two.pk, open_.pk, elsewhere.pk]).update(created_at=noon(MONDAY))
    Shift.objects.exclude(pk__in=[two.pk, open_.pk, elsewhere.pk]).update(created_at=None)
    Staff.objects.filter(pk=alice.pk).update(created_at=noon(MONDAY))
    Staff.objects.filter(pk=bob.pk).update(created_at=noon(MONDAY - timedelta(days=1)))
    for actor in ("a", "b"):
        use(organization, MONDAY, actor)
    use(organization, MONDAY, "a", "publish", 2)
    use(organization, MONDAY, "b", "publish")
    for status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED):
        JobRun.objects.create(
            kind="roster.generate", organization_id=organization.pk, status=status, completed_at=noon(MONDAY)
        )
    return organization


def test_a_day_counts_everything_that_was_promised(busy: Organization) -> None:
    assert calculate(Period(busy, MONDAY, MONDAY)) == 1
    assert {name: getattr(row(busy), name) for name in FIGURES if name not in ("organization", "day")} == {
        "active_users": 2,
        "features_used": {"publish": 3},
        "jobs_ended": 2,
        "jobs_failed": 1,
        "rosters_generated": 2,
        "optimization_seconds": 15.5,
        "shifts_created": 3,
        "staff_added": 1,
        "shifts": 2,
        "places": 3,
        "filled": 2,
        "fill_rate": 66.7,
        "assignments": 2,
        "compliant": 1,
        "compliance_rate": 50.0,
        "staffed_shifts": 1,
        "scheduled_cost_cents": 25000,
        "cost_per_shift_cents": 25000,
    }


def test_an_assignment_named_by_a_broken_required_rule_is_not_compliant(organization: Organization, at: At) -> None:
    at(noon(MONDAY + timedelta(days=1)))
    shifts = [builders.make_shift(local(MONDAY, clock)) for clock in ("06:00", "14:00", "22:00")]
    people = [builders.make_staff() for _ in shifts]

    def match(position: int) -> dict[str, Any]:
        return {"sentence": "…", "staff": people[position].pk, "shifts": [shifts[position].pk]}

    score = [
        {"rule": "rest", "required": True, "matches": [match(0), {"sentence": "…", "staff": None, "shifts": []}]},
        {"rule": "weekends", "required": False, "matches": [match(1)]},
    ]
    roster = builders.make_roster(organization=organization, status="published", score=score)
    for shift, person in zip(shifts, people, strict=True):
        builders.make_assignment(roster, shift, person)
    calculate(Period(organization, MONDAY, MONDAY))
    assert (row(organization).compliant, row(organization).compliance_rate) == (2, 66.7)


def test_recomputing_a_day_gives_the_same(busy: Organization) -> None:
    period = Period(busy, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    calculate(period)
    once = everything()
    calculate(period)
    assert everything() == once
    assert len(once) == 3


def test_a_day_recomputed_after_a_late_change_has_the_change(busy: Organization) -> None:
    calculate(Period(busy, MONDAY, MONDAY))
    use(busy, MONDAY, "c")
    calculate(Period(busy, MONDAY, MONDAY))
    assert row(busy).active_users == 3


def test_nothing_to_count_is_unknown_rather_than_zero_percent(organization: Organization, at: At) -> None:
    at(noon(MONDAY + timedelta(days=1)))
    calculate(Period(organization, MONDAY, MONDAY))
    quiet = row(organization)
    assert (quiet.fill_rate, quiet.compliance_rate, quiet.cost_per_shift_cents) == (None, None, None)
    assert (quiet.active_users, quiet.features_used) == (None, None), "no use has ever been recorded"
    assert (quiet.places, quiet.jobs_ended) == (0, 0)


def test_use_is_zero_once_recording_has_begun_and_unknown_before(organization: Organization, at: At) -> None:
    at(noon(MONDAY + timedelta(days=2)))
    use(builders.make_organization("beta"), MONDAY, "somebody")
    calculate(Period(organization, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)))
    counted = [row(organization, MONDAY + timedelta(days=number)).active_users for number in (-1, 0, 1)]
    assert counted == [None, 0, 0]


def test_a_day_whose_use_has_been_deleted_keeps_what_was_counted(busy: Organization, at: At) -> None:
    calculate(Period(busy, MONDAY, MONDAY))
    FeatureUse.objects.all().delete()
    JobRun.objects.all().delete()
    at(noon(MONDAY + timedelta(days=KEPT_DAYS + 1)))
    calculate(Period(busy, MONDAY, MONDAY))
    assert (row(busy).active_users, row(busy).features_used, row(busy).jobs_ended) == (2, {"publish": 3}, 2)


@pytest.mark.parametrize(
    ("zone", "before", "after", "day"),
    [
        ("UTC", "2027-02-01T23:59:59", "2027-02-02T00:00:00", "2027-02-01"),
        ("Asia/Kathmandu", "2027-02-01T18:14:59", "2027-02-01T18:15:00", "2027-02-01"),
        ("Asia/Kolkata", "2027-02-01T18:29:59", "2027-02-01T18:30:00", "2027-02-01"),
        ("Pacific/Auckland", "2027-02-01T10:59:59", "2027-02-01T11:00:00", "2027-02-01"),
        ("America/Los_Angeles", "2027-02-02T07:59:59", "2027-02-02T08:00:00", "2027-02-01"),
        # The clocks go forward at 02:00 and back at 03:00: days of 23 and of 25 hours.
        ("Europe/Berlin", "2027-03-28T21:59:59", "2027-03-28T22:00:00", "2027-03-28"),
        ("Europe/Berlin", "2027-10-31T22:59:59", "2027-10-31T23:00:00", "2027-10-31"),
        # No midnight: from 23:59:59 on Saturday to 01:00 on Sunday.
        ("America/Santiago", "2027-09-05T03:59:59", "2027-09-05T04:00:00", "2027-09-04"),
    ],
)
def test_a_day_ends_at_the_organizations_own_midnight(
    *, zone: str, before: str, after: str, day: str, organization: Organization, at: At
) -> None:
    ended = date.fromisoformat(day)
    organization.time_zone = zone
    organization.save()
    begun(organization, noon(ended - timedelta(days=30)))
    at(datetime.fromisoformat(before).replace(tzinfo=UTC))
    assert ended_days(organization, ended - timedelta(days=1)) is None
    at(datetime.fromisoformat(after).replace(tzinfo=UTC))
    period = ended_days(organization, ended - timedelta(days=1))
    assert period is not None and period.last == ended


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_the_hours_of_a_clock_change_belong_to_their_date(day: date, organization: Organization, at: At) -> None:
    zone = "Europe/Berlin"
    organization.time_zone = zone
    organization.save()
    site = builders.make_site(organization=organization)
    for offset, clock in ((-1, "23:30"), (0, "00:15"), (0, "23:45"), (1, "00:15")):
        builders.make_shift(local(day + timedelta(days=offset), clock, zone), site=site, hours=1)
    at(noon(day + timedelta(days=3)))
    calculate(Period(organization, day - timedelta(days=1), day + timedelta(days=1)))
    assert [row(organization, day + timedelta(days=offset)).shifts for offset in (-1, 0, 1)] == [1, 2, 1]


def test_missed_days_are_caught_up_and_the_last_week_looked_at_again(organization: Organization, at: At) -> None:
    begun(organization, noon(MONDAY))
    at(noon(MONDAY + timedelta(days=1)))
    first = ended_days(organization, None)
    assert first is not None and (first.first, first.last) == (MONDAY, MONDAY)
    at(noon(MONDAY + timedelta(days=30)))
    caught_up = ended_days(organization, MONDAY + timedelta(days=19))
    assert caught_up is not None
    assert (caught_up.first, caught_up.last) == (MONDAY + timedelta(days=13), MONDAY + timedelta(days=29))
    assert ended_days(organization, MONDAY + timedelta(days=29)) is None


def test_an_organization_made_today_waits_for_its_midnight(organization: Organization, at: At) -> None:
    begun(organization, noon(MONDAY))
    at(noon(MONDAY) + timedelta(hours=1))
    assert ended_days(organization, None) is None


def test_waiting_organizations_are_active_and_know_their_last_day(organization: Organization, at: At) -> None:
    builders.make_organization("gone", active=False)
    at(noon(MONDAY + timedelta(days=1)))
    calculate(Period(organization, MONDAY, MONDAY))
    found: Any = waiting_organizations()
    assert [(one.slug, one.computed) for one in found] == [("alpha", MONDAY)]


def test_a_day_that_has_not_ended_is_refused(organization: Organization, at: At) -> None:
    at(noon(MONDAY))
    with pytest.raises(ValidationError, match="has not ended for Alpha, where it is 2027-02-01"):
        calculate(Period(organization, MONDAY, MONDAY))
    assert not DailyMetrics.objects.exists()


def test_the_number_of_queries_grows_with_neither_days_nor_rows(busy: Organization, at: At) -> None:
    at(noon(MONDAY + timedelta(days=300)))

    def queries(days: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            calculate(Period(busy, MONDAY, MONDAY + timedelta(days=days - 1)))
        return len(captured)

    few = queries(2)
    roster = Roster.objects.filter(status="published").get()
    for number in range(2, 40):
        shift = builders.make_shift(local(MONDAY + timedelta(days=number), "08:00"))
        builders.make_assignment(roster, shift, builders.make_staff())
        use(busy, MONDAY + timedelta(days=number), "a", "edit")
    assert queries(200) <= few + 1  # old and recent days are two statements
    assert few <= 14


def test_rows_of_other_organizations_count_nowhere_else(busy: Organization) -> None:
    other = builders.make_organization("beta")
    calculate(Period(other, MONDAY, MONDAY))
    assert (row(other).places, row(other).assignments, row(other).active_users, row(other).jobs_ended) == (0, 0, 0, 0)
    assert (row(other).shifts_created, row(other).staff_added, row(other).rosters_generated) == (0, 0, 0)


def run(**options: Any) -> str:
    out = StringIO()
    call_command("calculate_daily_metrics", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_command_fills_days_past_and_says_how_far_it_is(busy: Organization) -> None:
    builders.make_organization("beta")
    told = run(first=MONDAY - timedelta(days=1), last=MONDAY)
    assert told.splitlines() == [
        "1/2 alpha: 2 days (2027-01-31 to 2027-02-01).",
        "2/2 beta: 2 days (2027-01-31 to 2027-02-01).",
    ]
    assert row(busy).places == 3
    assert "1/1 alpha: 1 day (2027-02-02 to 2027-02-02)." in run(organization="alpha")


def test_the_command_fills_more_days_than_fit_at_once(busy: Organization) -> None:
    run(first=MONDAY - timedelta(days=900), last=MONDAY, organization="alpha")
    assert DailyMetrics.objects.count() == 901


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"first": MONDAY, "last": MONDAY - timedelta(days=1)}, "lies before the first day 2027-02-01; swap"),
        ({"organization": "nobody"}, "No organization “nobody”"),
        ({"last": MONDAY + timedelta(days=99), "first": MONDAY - timedelta(days=900)}, "Not computed: alpha"),
    ],
)
def test_the_command_refuses_bad_dates_with_a_sentence_and_writes_nothing(
    options: dict[str, Any], sentence: str, busy: Organization
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(**options)
    assert not DailyMetrics.objects.exists()


def test_a_word_that_is_no_date_is_refused() -> None:
    with pytest.raises(CommandError, match="--from: “yesterday” is no date; write it as 2027-01-31"):
        call_command("calculate_daily_metrics", "--from", "yesterday")
