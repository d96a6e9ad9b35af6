"""Starting a roster: what is refused with a sentence and leaves nothing behind, and what is accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import QuerySet

from jobs.models import JobRun
from rostering.exceptions import Conflict
from rostering.models import Assignment, Roster, Shift
from rostering.services.rosters import JOB_KIND, reoptimize, start_roster
from tests.builders import (
    MONDAY,
    make_assignment,
    make_member,
    make_organization,
    make_roster,
    make_shift,
    make_shift_pattern,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
SUNDAY = MONDAY + timedelta(days=6)


def start(**fields: Any) -> Roster:
    values: dict[str, Any] = {
        "organization": make_organization(),
        "requested_by": None,
        "start_date": MONDAY,
        "end_date": SUNDAY,
        **fields,
    }
    return start_roster(**values)


@pytest.fixture
def shop() -> None:
    """One person, one shift."""
    make_staff("Alice")
    make_shift()


@pytest.mark.usefixtures("shop")
def test_a_draft_and_its_job_are_made_together() -> None:
    roster = start(requested_by=make_member(), budget=Decimal("100.50"))
    assert roster.status == Roster.Status.DRAFT
    assert roster.job is not None
    assert roster.job.kind == "roster.generate"
    assert roster.job.organization_id == roster.organization_id
    assert roster.job.params["roster_id"] == roster.pk


def jobs_to_solve() -> QuerySet[JobRun]:
    return JobRun.objects.filter(kind=JOB_KIND)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("fields", "column", "words"),
    [
        ({"end_date": MONDAY - timedelta(days=1)}, "end_date", "ends (2027-01-31) before it starts (2027-02-01)"),
        ({"end_date": MONDAY + timedelta(days=92)}, "end_date", "at most 92 days; these are 93"),
        ({"algorithm": "magic"}, "algorithm", "use one of production, milp, fast, auto"),
        ({"time_limit_seconds": -5}, "time_limit_seconds", "must be 1 to 3600 seconds, not -5"),
        ({"time_limit_seconds": 0}, "time_limit_seconds", "not 0"),
        ({"time_limit_seconds": 3601}, "time_limit_seconds", "not 3601"),
        ({"budget": Decimal(-1)}, "budget_limit", "cannot be negative"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(fields: dict[str, Any], column: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        start(**fields)
    assert words in " ".join(refusal.value.message_dict[column])
    assert not Roster.objects.exists()
    assert not jobs_to_solve().exists()


@pytest.mark.usefixtures("shop")
def test_a_foreign_site_does_not_exist_and_an_inactive_one_is_named() -> None:
    foreign = make_site(organization=make_organization("beta"))
    for unknown in (foreign.pk, 10**12):
        with pytest.raises(ObjectDoesNotExist, match=f"No site {unknown}"):
            start(site_ids=[unknown])
    closed = make_site("CLOSED", active=False)
    with pytest.raises(ValidationError, match="CLOSED is not active"):
        start(site_ids=[closed.pk])
    assert not Roster.objects.exists()


@pytest.mark.parametrize(("missing", "words"), [("staff", "no active staff"), ("shifts", "There are no shifts from")])
def test_nothing_to_roster_is_said_before_any_work(missing: str, words: str) -> None:
    make: dict[str, Callable[[], object]] = {"staff": make_shift, "shifts": make_staff}
    make[missing]()
    with pytest.raises(ValidationError, match=words):
        start()
    assert not Roster.objects.exists()
    assert not jobs_to_solve().exists()


@pytest.mark.usefixtures("shop")
def test_shifts_of_another_organization_or_inactive_site_are_no_demand() -> None:
    later = MONDAY + timedelta(days=20)
    make_shift(datetime.combine(later, time(8)), organization=make_organization("beta"))
    make_shift(datetime.combine(later, time(8)), site=make_site(active=False))
    with pytest.raises(ValidationError, match="There are no shifts"):
        start(start_date=later, end_date=later)


def test_a_period_without_shifts_gets_those_of_its_patterns() -> None:
    here, there = make_site("HERE"), make_site("THERE")
    make_staff("Alice")
    make_shift_pattern(site=here, weekdays=[0, 1, 2])
    make_shift_pattern(site=there)
    start(site_ids=[here.pk])
    assert {shift.site_id for shift in Shift.objects.all()} == {here.pk}
    assert Shift.objects.count() == 3


def test_a_period_somebody_has_planned_gets_no_shifts_behind_their_back() -> None:
    make_staff("Alice")
    make_shift_pattern()
    make_shift()
    start()
    assert Shift.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_pressing_twice_makes_one_roster_and_one_job() -> None:
    first, second = start(), start()
    assert first.pk == second.pk
    assert (Roster.objects.count(), jobs_to_solve().count()) == (1, 1)


@pytest.mark.usefixtures("shop")
def test_other_settings_for_a_period_already_being_made_are_refused() -> None:
    start()
    with pytest.raises(Conflict, match="being generated with other settings"):
        start(algorithm="fast")
    assert Roster.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_too_many_jobs_at_once_are_refused_with_nothing_left_behind(settings: Any) -> None:
    settings.JOBS_ACTIVE_PER_ORGANIZATION = 1
    start()
    with pytest.raises(Conflict):
        start(end_date=MONDAY + timedelta(days=2))
    assert Roster.objects.count() == 1


def test_reoptimizing_makes_a_new_draft_that_keeps_pins_and_names_its_base() -> None:
    shift, other = make_shift(), make_shift(datetime.combine(MONDAY, time(16)))
    base = make_roster(status=Roster.Status.PUBLISHED)
    make_assignment(base, shift, make_staff("Alice"), pinned=True)
    make_assignment(base, other, make_staff("Bob"))
    revision = reoptimize(roster=base, by=make_member())
    assert revision.base_id == base.pk
    assert (revision.start_date, revision.end_date) == (base.start_date, base.end_date)
    assert [(row.shift_id, row.pinned) for row in Assignment.objects.filter(roster=revision)] == [(shift.pk, True)]
    base.refresh_from_db()
    assert base.status == Roster.Status.PUBLISHED


def test_the_longest_period_is_92_days() -> None:
    make_staff()
    make_shift()
    assert start(end_date=MONDAY + timedelta(days=91)).days == 92
