"""The demo data: the same every time, legal, coverable, and awkward where it means to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.test import RequestFactory
from pytest_django.plugin import DjangoDbBlocker

from analytics.models import DailyMetrics, HealthScore
from jobs.models import JobRun
from jobs.states import Status
from rostering.access import Action, may
from rostering.demo.history import plan
from rostering.demo.names import full_names
from rostering.demo.seeding import next_monday, remove, seed
from rostering.exceptions import Conflict
from rostering.models import (
    Assignment,
    Notification,
    Organization,
    Roster,
    Rule,
    Shift,
    Staff,
    StaffCertification,
)
from rostering.resources import RESOURCES
from rostering.selectors.demand import local_midnight
from rostering.selectors.problems import Loaded, load_problem
from rostering.selectors.uncovered import outlook
from rostering.services.expiry_alerts import create_alerts
from rostering.services.imports import import_folder, write_templates
from rostering.services.scoring import judge_roster
from rostering.solver.checker import judge

FIRST = date(2027, 3, 15)
"""The clocks of both countries go forward on 28 March 2027, and Easter Monday is the 29th: inside the four weeks."""
SLUGS = ("northgate", "willow")


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Seeded once for all tests here; each then runs in a transaction of its own."""
    with django_db_blocker.unblock():
        seed(first_day=FIRST)
    yield
    with django_db_blocker.unblock():
        remove()
        JobRun.objects.all().delete()  # sending the e-mails is nobody's job in particular
        User.objects.filter(username__in=("demo", "other", "admin")).delete()
        JobRun.objects.filter(organization_id=None).delete()  # the sender of its alerts


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo"), pytest.mark.xdist_group("demo")]
"""One group: several processes would seed once each."""


def coming(slug: str) -> Loaded:
    organization = Organization.objects.get(slug=slug)
    roster = Roster.objects.create(organization=organization, start_date=FIRST, end_date=FIRST + timedelta(days=27))
    return load_problem(roster)


def by_hand(slug: str) -> Roster:
    return Roster.objects.get(organization__slug=slug, job=None)


def everything(organization: Organization) -> dict[str, Any]:
    files = {resource.file_name: resource(organization=organization).export().csv for resource in RESOURCES}
    history = by_hand(organization.slug).assignments
    named = history.order_by("staff__number", "starts_at", "shift__site__code", "shift__shift_type__code")
    return {
        **files,
        "history": list(
            named.values_list("staff__number", "starts_at", "shift__site__code", "shift__shift_type__code")
        ),
    }


def test_two_organizations_of_the_promised_size() -> None:
    found = {
        slug: (organization.staff_count, organization.site_count) for slug in SLUGS if (organization := _counted(slug))
    }
    assert found == {"northgate": (80, 8), "willow": (50, 4)}


def _counted(slug: str) -> Any:
    organization: Any = Organization.objects.get(slug=slug)
    organization.staff_count = Staff.objects.owned_by(organization).count()
    organization.site_count = len({shift.site_id for shift in Shift.objects.owned_by(organization)})
    return organization


@pytest.mark.parametrize(("username", "slug"), [("demo", "northgate"), ("other", "willow")])
def test_managers_sign_in_with_their_names(username: str, slug: str, settings: Any, rf: RequestFactory) -> None:
    settings.DEMO = True
    user = authenticate(rf.post("/"), username=username, password=username)
    assert user is not None
    assert user.is_staff
    mine, foreign = Organization.objects.get(slug=slug), Organization.objects.exclude(slug=slug).first()
    assert foreign is not None
    assert may(user, mine, Action.MANAGE)
    assert not may(user, mine, Action.OWN)
    assert not may(user, foreign, Action.VIEW)


def test_the_platform_has_an_administrator() -> None:
    assert User.objects.get(username="admin", is_superuser=True, is_staff=True).check_password("admin")


@pytest.mark.parametrize("slug", SLUGS)
def test_published_history_breaks_no_required_rule(slug: str) -> None:
    roster = by_hand(slug)
    assert (roster.status, roster.start_date, roster.end_date) == (
        Roster.Status.PUBLISHED,
        FIRST - timedelta(days=14),
        FIRST - timedelta(days=1),
    )
    judged = judge_roster(roster)
    assert judged.judgement.broken == ()
    assert judged.judgement.coverage >= 97


def test_one_site_s_past_was_really_generated_by_a_job() -> None:
    roster = Roster.objects.select_related("job").exclude(job=None).get()
    assert (roster.organization.slug, [site.code for site in roster.sites.all()]) == ("northgate", ["MUSE"])
    assert (roster.status, roster.start_date, roster.end_date) == (
        Roster.Status.PUBLISHED,
        FIRST - timedelta(days=14),
        FIRST - timedelta(days=1),
    )
    assert roster.solver_status and roster.objective is not None and roster.coverage == 100
    assert {given.source for given in roster.assignments.all()} == {Assignment.Source.SOLVER}
    judged = judge_roster(roster)
    assert (judged.judgement.broken, judged.judgement.coverage) == ((), 100)
    job = roster.job
    assert job is not None and job.status == Status.SUCCEEDED
    assert job.result is not None and job.result["roster_id"] == roster.pk
    assert job.started_at is not None and job.completed_at is not None
    assert roster.created_at == job.queued_at < job.completed_at < job.queued_at + timedelta(seconds=60)
    assert roster.published_at is not None and roster.created_at < roster.published_at
    assert not by_hand("northgate").assignments.filter(shift__site__code="MUSE").exists()


def test_seeded_today_people_are_told_of_what_runs_out_and_the_figures_know_what_there_is() -> None:
    """Certifications of the demo lie about its first day: seeded for this week, some run out within the alert days."""
    Organization.objects.filter(slug__in=SLUGS).delete()
    (northgate, willow) = seed()
    for organization, user in ((northgate, "demo"), (willow, "other")):
        notices = Notification.objects.owned_by(organization).filter(kind="certification.expiring")
        assert {notice.user and notice.user.username for notice in notices} == {user}
        assert set(notices.values_list("delivery", "read_at")) == {(Notification.Delivery.PENDING, None)}
        assert not create_alerts(organization=organization), "the schedule's run has nothing to add"
        newest = Notification.objects.owned_by(organization).first()
        assert newest is not None and newest.kind == "certification.expiring"
    _check_health(northgate, willow)


def _check_health(northgate: Organization, willow: Organization) -> None:
    """The generated roster counts for its customer; of the other it is said, and where theirs come from."""
    generated = DailyMetrics.objects.filter(rosters_generated__gt=0)
    assert [(day.organization, day.rosters_generated, day.jobs_ended, day.jobs_failed) for day in generated] == [
        (northgate, 1, 1, 0)
    ]
    assert generated[0].optimization_seconds > 0
    assert "generate" in (generated[0].features_used or {})
    score = HealthScore.objects.filter(organization=northgate).latest("slot")
    assert score.inputs["rosters"] == 1 and "generate" in score.inputs["features"]
    assert not [advice for advice in score.recommendations if "generated" in advice]
    advice = " ".join(HealthScore.objects.filter(organization=willow).latest("slot").recommendations)
    assert "No roster was generated" in advice and "planned elsewhere" in advice


def test_a_demo_whose_roster_cannot_be_generated_is_planned_by_hand_throughout(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Here the organization may not have a single job."""
    settings.JOBS_ACTIVE_PER_ORGANIZATION = 0
    Organization.objects.filter(slug__in=SLUGS).delete()
    seed(first_day=FIRST)
    assert not Roster.objects.exclude(job=None).exists()
    roster = by_hand("northgate")
    assert roster.assignments.filter(shift__site__code="MUSE").exists()
    assert judge_roster(roster).judgement.coverage >= 97
    assert [record.name for record in caplog.records if record.levelname == "WARNING"] == ["rostering.demo.seeding"]


@pytest.mark.parametrize("slug", SLUGS)
def test_demand_can_be_met_but_for_the_gap_on_purpose(slug: str) -> None:
    loaded = coming(slug)
    judgement = judge(loaded.problem, plan(loaded))
    impossible = sum(
        shift.headcount for shift in loaded.problem.shifts if loaded.shifts[int(shift.id)].site.code == "CONS"
    )
    assert judgement.legal
    assert judgement.filled >= 0.97 * (judgement.places - impossible)


@pytest.mark.parametrize("slug", SLUGS)
def test_hours_asked_for_leave_people_some_room(slug: str) -> None:
    loaded = coming(slug)
    demand = sum(shift.paid_minutes * shift.headcount for shift in loaded.problem.shifts)
    supply = 4 * sum(person.contract.weekly_minutes for person in loaded.staff.values())
    assert 0.8 <= demand / supply <= 0.92


def test_nobody_may_work_at_the_construction_site_and_few_in_the_data_center() -> None:
    loaded = coming("northgate")

    def able(code: str) -> set[str]:
        shifts = [shift for shift in loaded.problem.shifts if loaded.shifts[int(shift.id)].site.code == code]
        assert shifts
        return {
            person.id
            for person in loaded.problem.staff
            for shift in shifts
            if all(rule.objection(person, shift) is None for rule in person.pair_rules if rule.required)
        }

    assert able("CONS") == set()
    assert 5 <= len(able("DATA")) <= 15


@pytest.mark.parametrize("slug", SLUGS)
def test_nights_over_the_clock_change_have_their_real_length(slug: str) -> None:
    nights = Shift.objects.filter(organization__slug=slug, shift_type__code="N", starts_at__date=date(2027, 3, 27))
    assert nights
    assert {night.minutes for night in nights} == {7 * 60}


def test_shops_are_not_guarded_by_day_on_a_public_holiday() -> None:
    easter_monday = Shift.objects.filter(site__code="MALL", starts_at__date=date(2027, 3, 29))
    assert sorted(easter_monday.values_list("shift_type__code", flat=True)) == ["D12", "N"]


def test_patrols_become_uncovered_after_the_coming_roster_unless_dog_handlers_renew() -> None:
    organization = Organization.objects.get(slug="northgate")
    found = outlook(organization, now=local_midnight(FIRST, organization))
    rows = StaffCertification.objects.filter(pk__in=found.by_held)
    assert set(rows.values_list("certification__code", flat=True)) == {"DOG"}
    assert len(rows) == StaffCertification.objects.filter(certification__code="DOG").count() == 5
    assert {found.of(row.pk).number for row in rows} == {found.number} == {20}
    named = Shift.objects.filter(pk__in=found.of(rows[0].pk).first)
    assert set(named.values_list("shift_type__code", "site__code")) == {("P", "CARGO")}
    assert min(shift.starts_at for shift in named) > local_midnight(FIRST + timedelta(days=28), organization)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_awkward_cases_fall_into_the_period(slug: str) -> None:
    organization = Organization.objects.get(slug=slug)
    last = FIRST + timedelta(days=27)
    staff = Staff.objects.owned_by(organization)
    assert staff.filter(employed_from__range=(FIRST, last)).exists()
    assert staff.filter(employed_until__range=(FIRST, last)).exists()
    assert staff.filter(certifications__expires__range=(FIRST, last), certifications__certification__blocks=True)
    assert staff.exclude(barred_sites=None).exists()
    assert staff.exclude(preferred_sites=None).exists()
    reasons = set(staff.values_list("availability__reason", flat=True))
    assert {"Annual leave", "Sick", "School run", "Prefers earlies"} <= reasons


def test_every_row_passes_the_models_own_checks() -> None:
    for rule in Rule.objects.all():
        rule.full_clean()
    for person in Staff.objects.all():
        person.full_clean()
    for shift in Shift.objects.filter(starts_at__date=FIRST):
        shift.full_clean()


def test_seeding_again_does_nothing() -> None:
    before = list(Organization.objects.values_list("pk", flat=True))
    assert seed(first_day=FIRST) == []
    assert list(Organization.objects.values_list("pk", flat=True)) == before


def test_the_same_date_makes_the_same_demo() -> None:
    before = {slug: everything(Organization.objects.get(slug=slug)) for slug in SLUGS}
    Organization.objects.filter(slug__in=SLUGS).delete()
    assert [organization.slug for organization in seed(first_day=FIRST)] == list(SLUGS)
    assert {slug: everything(Organization.objects.get(slug=slug)) for slug in SLUGS} == before


def test_removing_leaves_nothing_but_what_others_own() -> None:
    other = Organization.objects.create(name="Kept", slug="kept")
    remove()
    assert list(Organization.objects.all()) == [other]
    assert not Staff.objects.exists()


def test_removing_waits_for_a_running_job() -> None:
    organization = Organization.objects.get(slug="northgate")
    JobRun.objects.create(kind="roster.generate", organization_id=organization.pk)
    with pytest.raises(Conflict, match="still running"):
        remove()
    assert Organization.objects.filter(slug="northgate").exists()


def test_the_default_start_is_the_monday_after_today() -> None:
    assert next_monday(date(2027, 3, 14)) == date(2027, 3, 15)
    assert next_monday(date(2027, 3, 15)) == date(2027, 3, 22)


def test_the_example_files_of_the_import_overwrite_nothing_of_the_demo(tmp_path: Path) -> None:
    write_templates(folder=tmp_path / "examples")
    for slug in SLUGS:
        organization = Organization.objects.get(slug=slug)
        report = import_folder(organization=organization, folder=tmp_path / "examples", dry_run=True)
        assert report.ok
        assert [(file.file, file.updated) for file in report.files if file.updated] == []


def test_nobody_shares_a_name() -> None:
    names = full_names(80, "any")
    assert len({last for _, last in names}) == 80
    assert names == full_names(80, "any")
    assert names != full_names(80, "other")
