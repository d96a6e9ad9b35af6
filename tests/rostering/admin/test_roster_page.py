"""The roster page: what it shows, what its buttons do, and that it stays quick."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import JobRun
from rostering.models import Assignment, Organization, Role, Roster, Shift, ShiftType, Site, Staff
from rostering.services.scoring import refresh
from tests import builders
from tests.builders import MONDAY
from tests.rostering.admin.worlds import form_data


@pytest.fixture
def guards(db: None) -> Organization:
    """A guarding company in Berlin."""
    return builders.make_organization("guards", time_zone="Europe/Berlin", currency="EUR")


@pytest.fixture
def scheduler(client: Client, guards: Organization) -> Client:
    client.force_login(builders.make_member(guards, Role.SCHEDULER))
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:rostering_roster_{name}", args=args)


def night(guards: Organization, day: int = 0, **fields: Any) -> Shift:
    kind = guards_type(guards, "N", "22:00")
    moment = datetime.combine(MONDAY + timedelta(days=day), kind.start_time)
    return builders.make_shift(moment, shift_type=kind, organization=guards, **fields)


def guards_type(guards: Organization, code: str, start: str) -> Any:
    found = ShiftType.objects.owned_by(guards).filter(code=code).first()
    return found or builders.make_shift_type(code, organization=guards, start=start, name="Night")


def test_night_reads_by_its_local_hours_on_its_start_day(scheduler: Client, guards: Organization) -> None:
    anna = builders.make_staff("Anna Adler", organization=guards)
    roster = builders.make_roster(organization=guards)
    shift = night(guards)
    builders.make_assignment(roster, shift, anna)
    shown = scheduler.get(page("change", roster.pk), {"view": "week"})
    row = next(row for row in shown.context["rows"] if row.staff == anna)
    assert [chip.clock for chip in row.cells[0].chips] == ["22–06"]
    assert row.cells[1].chips == []
    assert "22:00–06:00 (next day) CET" in row.cells[0].chips[0].title
    assert (row.minutes, row.share_minutes) == (480, 2400)


def test_cover_counts_places_by_local_date(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards)
    site = builders.make_site(organization=guards)
    early = guards_type(guards, "X", "00:30")
    shift = builders.make_shift(
        datetime.combine(MONDAY + timedelta(days=2), early.start_time), site=site, shift_type=early, headcount=3
    )
    builders.make_assignment(roster, shift, builders.make_staff(organization=guards))
    days = scheduler.get(page("change", roster.pk)).context["days"]
    assert [(day.filled, day.places) for day in days] == [(0, 0), (0, 0), (1, 3), (0, 0), (0, 0), (0, 0), (0, 0)]


def test_leave_and_work_published_elsewhere_are_shown(scheduler: Client, guards: Organization) -> None:
    anna = builders.make_staff("Anna Adler", organization=guards)
    leave = [datetime.combine(MONDAY + timedelta(days=day), time()) for day in (2, 4)]
    builders.make_availability(anna, *leave, reason="Holiday")
    other = builders.make_roster(organization=guards, status="published", name="Elsewhere")
    builders.make_assignment(other, night(guards, 5), anna)
    roster = builders.make_roster(organization=guards)
    row = next(row for row in scheduler.get(page("change", roster.pk)).context["rows"] if row.staff == anna)
    assert [bool(cell.leave) for cell in row.cells] == [False, False, True, True, False, False, False]
    assert [chip.elsewhere for chip in row.cells[5].chips] == [True]
    assert row.minutes == 0


def test_filters_by_name_site_and_certification(scheduler: Client, guards: Organization) -> None:
    license_ = builders.make_certification(organization=guards)
    harbor, mall = (builders.make_site(code, organization=guards) for code in ("HARBOR", "MALL"))
    anna = builders.make_staff("Anna Adler", organization=guards, home_site=harbor)
    ben = builders.make_staff("Ben Bauer", organization=guards, home_site=mall)
    builders.make_staff_certification(ben, license_)
    roster = builders.make_roster(organization=guards)

    def shown(**query: str | int) -> list[Staff]:
        return [row.staff for row in scheduler.get(page("change", roster.pk), query).context["rows"]]

    assert shown() == [anna, ben]
    assert shown(name="adl") == [anna]
    assert shown(site=mall.pk) == [ben]
    assert shown(certification=license_.pk) == [ben]
    assert shown(name="nobody") == []


NONSENSE = [{"view": "x"}, {"from": "2027-99-99"}, {"page": "-1"}, {"site": "9" * 30}, {"by": "?"}]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_does_no_harm(scheduler: Client, guards: Organization, query: dict[str, str]) -> None:
    assert scheduler.get(page("change", builders.make_roster(organization=guards).pk), query).status_code == 200


def test_views_page_through_the_period(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards, days=28)
    first = scheduler.get(page("change", roster.pk), {"view": "week"})
    assert [day.date for day in first.context["days"]][-1] == MONDAY + timedelta(days=6)
    assert first.context["links"]["earlier"] == ""
    second = scheduler.get(page("change", roster.pk) + first.context["links"]["later"])
    assert second.context["window"].first == MONDAY + timedelta(days=7)


def test_query_count_does_not_grow_with_the_roster(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert scheduler.get(page("change", roster.pk)).status_code == 200
            assert scheduler.get(page("change", roster.pk), {"by": "site"}).status_code == 200
        return len(captured)

    def fill(people: int, day: int) -> None:
        site = builders.make_site(organization=guards)
        for _ in range(people):
            staff = builders.make_staff(organization=guards, home_site=site)
            builders.make_availability(staff)
            builders.make_assignment(roster, night(guards, day, site=builders.make_site(organization=guards)), staff)
            builders.make_gap(roster, night(guards, day, site=builders.make_site(organization=guards)))

    fill(2, 1)
    few = queries()
    fill(12, 2)
    assert queries() == few


def test_many_people_come_in_pages(scheduler: Client, guards: Organization) -> None:
    contract = builders.make_contract(organization=guards)
    Staff.objects.bulk_create(
        Staff(
            organization=guards,
            number=f"P{number}",
            first_name="P",
            last_name=f"{number:04}",
            contract=contract,
            hourly_rate=10,
            employed_from=date(2020, 1, 1),
        )
        for number in range(230)
    )
    roster = builders.make_roster(organization=guards)
    shown = scheduler.get(page("change", roster.pk))
    assert len(shown.context["rows"]) == 100
    assert len(scheduler.get(page("change", roster.pk) + "?page=3").context["rows"]) == 30


def test_pin_unpin_and_remove(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards)
    given = builders.make_assignment(roster, night(guards))
    address = page("assignment", roster.pk, given.pk)
    assert scheduler.get(address).status_code == 200
    assert str(scheduler.get(address, headers={"HX-Request": "true"}).templates[0].name).endswith(
        "assignment_panel.html"
    )
    scheduler.post(address, {"do": "pin"})
    assert Assignment.objects.get(pk=given.pk).pinned
    scheduler.post(address, {"do": "unpin"})
    assert not Assignment.objects.get(pk=given.pk).pinned
    answer = scheduler.post(address, {"do": "remove", "back": page("change", roster.pk) + "?view=week"})
    assert answer["Location"] == page("change", roster.pk) + "?view=week"
    assert not roster.assignments.exists()
    roster.refresh_from_db()
    assert (roster.places, roster.filled) == (1, 0)


@pytest.mark.parametrize("back", ["https://evil.example/admin/", "//evil.example", "javascript:alert(1)"])
def test_an_edit_sends_nobody_elsewhere(scheduler: Client, guards: Organization, back: str) -> None:
    roster = builders.make_roster(organization=guards)
    given = builders.make_assignment(roster, night(guards))
    answer = scheduler.post(page("assignment", roster.pk, given.pk), {"do": "pin", "back": back})
    assert answer["Location"] == page("change", roster.pk)


def test_giving_a_shift_to_somebody_who_may_not_is_refused_in_sentences(
    scheduler: Client, guards: Organization
) -> None:
    anna, ben = (builders.make_staff(name, organization=guards) for name in ("Anna Adler", "Ben Bauer"))
    builders.make_availability(ben, reason="Leave")
    roster = builders.make_roster(organization=guards)
    given = builders.make_assignment(roster, night(guards), anna)
    address = page("assignment", roster.pk, given.pk)
    others = scheduler.get(address, {"others": "1"}).context["others"]
    assert [(other["name"], other["eligible"]) for other in others] == [("Ben Bauer", False)]
    answer = scheduler.post(address, {"do": "give", "staff": ben.pk}, follow=True)
    assert "Ben Bauer" in answer.content.decode()
    assert Assignment.objects.get(pk=given.pk).staff == anna


def overlapping_leave(guards: Organization) -> tuple[Roster, Assignment, Staff]:
    """Anna works a night; Ben, who could, is on leave."""
    anna, ben = (builders.make_staff(name, organization=guards) for name in ("Anna Adler", "Ben Bauer"))
    builders.make_availability(ben, reason="Leave")
    roster = builders.make_roster(organization=guards)
    return roster, builders.make_assignment(roster, night(guards), anna), ben


def test_a_manager_overrides_a_rule_with_a_reason_and_may_then_publish(client: Client, guards: Organization) -> None:
    client.force_login(builders.make_member(guards, Role.MANAGER))
    roster, given, ben = overlapping_leave(guards)
    address = page("assignment", roster.pk, given.pk)
    assert 'name="reason" required' in client.get(address, {"others": "1"}).content.decode()
    client.post(address, {"do": "give", "staff": ben.pk, "reason": "  Agreed by phone "})
    made = roster.assignments.get()
    assert (made.staff, made.override_reason) == (ben, "Agreed by phone")
    asked = client.get(page("publish", roster.pk)).context
    assert asked["broken"] == []
    assert [sentence.partition(":")[0] for sentence in asked["excused"]] == ["Ben Bauer"]
    assert client.post(page("publish", roster.pk)).status_code == 302


def test_a_scheduler_is_offered_no_override_and_has_none(scheduler: Client, guards: Organization) -> None:
    roster, given, ben = overlapping_leave(guards)
    address = page("assignment", roster.pk, given.pk)
    assert 'name="reason"' not in scheduler.get(address, {"others": "1"}).content.decode()
    answer = scheduler.post(address, {"do": "give", "staff": ben.pk, "reason": "Please"}, follow=True)
    assert "Only a manager can override" in answer.content.decode()
    assert roster.assignments.get() == given


@pytest.mark.parametrize(
    ("bound", "words", "shown"),
    [
        (None, "is not known yet", False),
        (-722.0, "is not known yet", False),
        (0.0, "is not known yet", False),
        (90.0, "at most 10.0 % better", True),
        (100.0, "No roster can be better", True),
    ],
)
def test_the_header_says_how_good_the_roster_is_only_when_the_bound_tells(
    scheduler: Client, guards: Organization, bound: float | None, words: str, shown: bool
) -> None:
    roster = builders.make_roster(organization=guards, objective=100.0, bound=bound, solve_seconds=3.0)
    html = scheduler.get(page("change", roster.pk)).content.decode()
    assert words in html
    assert (f"bound {bound or 0:.0f}" in html) == shown


def publishable(guards: Organization) -> Roster:
    roster = builders.make_roster(organization=guards)
    builders.make_assignment(roster, night(guards))
    refresh(roster=roster)
    return roster


def test_publish_says_what_will_happen_then_does_it_once(scheduler: Client, guards: Organization) -> None:
    roster = publishable(guards)
    asked = scheduler.get(page("publish", roster.pk))
    assert asked.context["assignment_count"] == 1
    assert asked.context["broken"] == []
    assert scheduler.post(page("publish", roster.pk)).status_code == 302
    roster.refresh_from_db()
    assert roster.status == "published"
    again = scheduler.post(page("publish", roster.pk))
    assert again.status_code == 409
    assert "only a draft can be published" in again.content.decode()


def test_publish_over_a_published_roster_is_refused_until_it_replaces_it(
    scheduler: Client, guards: Organization
) -> None:
    first = publishable(guards)
    scheduler.post(page("publish", first.pk))
    second = builders.make_roster(organization=guards, name="Second")
    builders.make_assignment(second, Shift.objects.get(), builders.make_staff("Ben", organization=guards))
    refused = scheduler.post(page("publish", second.pk))
    assert refused.status_code == 409
    assert "replacement" in refused.content.decode()
    assert Roster.objects.get(pk=second.pk).status == "draft"
    assert scheduler.post(page("publish", second.pk), {"replace": "yes"}).status_code == 302
    assert Roster.objects.get(pk=first.pk).status == "archived"


def test_publish_with_a_broken_rule_names_it_and_changes_nothing(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards)
    anna = builders.make_staff("Anna Adler", organization=guards)
    builders.make_assignment(roster, night(guards), anna)
    builders.make_availability(anna)
    answer = scheduler.post(page("publish", roster.pk))
    assert answer.status_code == 409
    assert "Anna Adler" in answer.content.decode()
    assert Roster.objects.get(pk=roster.pk).status == "draft"


def test_compare_tells_who_gains_and_loses(scheduler: Client, guards: Organization) -> None:
    first = publishable(guards)
    scheduler.post(page("publish", first.pk))
    second = builders.make_roster(organization=guards)
    builders.make_assignment(second, Shift.objects.get(), builders.make_staff("Ben Bauer", organization=guards))
    changes = scheduler.get(page("compare", second.pk)).context["changes"]
    assert [(bool(one["gains"]), bool(one["loses"])) for one in changes] == [(True, False), (False, True)]


def test_roster_is_taken_away_as_csv_and_xlsx(scheduler: Client, guards: Organization) -> None:
    roster = builders.make_roster(organization=guards)
    builders.make_assignment(roster, night(guards), builders.make_staff("Anna =1+1", organization=guards))
    text = scheduler.get(page("download", roster.pk, "csv")).content.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["Date"], row["Start"], row["End"]) == ("2027-02-01", "22:00", "2027-02-02 06:00")
    assert row["Last name"] == "'=1+1", "a formula in a name is not run by the spreadsheet"
    workbook = openpyxl.load_workbook(io.BytesIO(scheduler.get(page("download", roster.pk, "xlsx")).content))
    assert workbook.active.max_row == 2
    assert scheduler.get(page("download", roster.pk, "pdf")).status_code == 404


def test_generate_presets_the_next_period_and_starts_the_job(scheduler: Client, guards: Organization) -> None:
    published = builders.make_roster(organization=guards, status="published", start_date=date(2027, 2, 1), days=28)
    night(guards, 28, headcount=1)
    builders.make_staff(organization=guards)
    form = scheduler.get(page("generate"))
    initial = form.context["form"].initial
    assert initial["start_date"] == published.end_date + timedelta(days=1)
    assert (initial["end_date"] - initial["start_date"]).days + 1 == guards.roster_days
    answer = scheduler.post(page("generate"), form_data(form.content.decode()))
    job = JobRun.objects.get()
    assert answer["Location"] == reverse("admin:jobs_jobrun_change", args=[job.pk])


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"end_date": "2027-01-01"}, "end_date", "ends (2027-01-01) before it starts"),
        ({"end_date": "2027-12-31"}, "end_date", "at most 92 days"),
        ({"start_date": "soon"}, "start_date", "valid date"),
        ({"time_limit_seconds": "-5"}, "time_limit_seconds", "at least 1 second"),
        ({"budget": "-1"}, "budget", "must not be negative"),
        ({"algorithm": "magic"}, "algorithm", "magic"),
        ({}, "__all__", "no active staff"),
    ],
)
def test_generate_refuses_bad_input_at_its_field(
    scheduler: Client, guards: Organization, wrong: dict[str, str], field: str, sentence: str
) -> None:
    data = {"start_date": "2027-02-01", "end_date": "2027-02-28", "algorithm": "fast", "time_limit_seconds": "10"}
    answer = scheduler.post(page("generate"), {**data, **wrong})
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not Roster.objects.exists()


def test_empty_pages_say_what_to_do_next(scheduler: Client, guards: Organization) -> None:
    home = scheduler.get("/admin/").content.decode()
    assert "Add your first site" in home
    assert "There is no site yet" in scheduler.get(page("generate")).content.decode()
    roster = builders.make_roster(organization=guards)
    assert "Add or import staff" in scheduler.get(page("change", roster.pk)).content.decode()
    assert not Site.objects.exists()


def test_home_query_count_does_not_grow(scheduler: Client, guards: Organization) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert scheduler.get("/admin/").status_code == 200
        return len(captured)

    def fill(number: int) -> None:
        for _ in range(number):
            staff = builders.make_staff(organization=guards)
            builders.make_staff_certification(staff, expires=date.today() + timedelta(days=5))  # noqa: DTZ011 – any zone
            night(guards, site=builders.make_site(organization=guards))
            builders.make_roster(organization=guards, coverage=90)

    fill(1)
    few = queries()
    fill(8)
    assert queries() == few
