"""What every import keeps: all rows or none, a sentence for each fault, and a number of queries that does not grow."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from rostering.models import (
    Organization,
    Shift,
    ShiftType,
    Site,
    Staff,
)
from rostering.resources import (
    AvailabilityResource,
    OrganizationResource,
    ShiftPatternResource,
    ShiftResource,
    ShiftTypeResource,
    SiteResource,
    StaffCertificationResource,
    StaffResource,
)
from rostering.resources.formats import read_xlsx
from tests import builders as b
from tests.rostering.resources.files import ALICE, STAFF, counts, only, run, sentences, workbook

pytestmark = pytest.mark.django_db


def test_importing_again_changes_nothing_and_edits_only_what_differs(alpha: Organization) -> None:
    lines = (STAFF, ALICE, "2,Chi,Abebe,Full time,18,2024-03-01")
    assert counts(run(StaffResource, alpha, *lines)) == (2, 0, 0)
    assert counts(run(StaffResource, alpha, *lines)) == (0, 0, 2)
    Staff.objects.filter(number="2").update(email="chi@example.com")
    assert counts(run(StaffResource, alpha, STAFF, ALICE, "2,Chi,Abebe,Full time,18.20,2024-03-01")) == (0, 1, 1)
    chi = only(Staff, number="2")
    assert (chi.hourly_rate, chi.email) == (Decimal("18.20"), "chi@example.com")


def test_sites_of_a_person_alone_can_change(alpha: Organization) -> None:
    header = f"{STAFF},allowed_sites"
    run(StaffResource, alpha, header, f"{ALICE},ASH")
    assert counts(run(StaffResource, alpha, header, f"{ALICE},OAK;ASH")) == (0, 1, 0)
    assert only(Staff, number="1").allowed_sites.count() == 2
    assert counts(run(StaffResource, alpha, header, f"{ALICE},")) == (0, 1, 0)
    assert only(Staff, number="1").allowed_sites.count() == 0


def test_a_dry_run_tries_everything_and_changes_nothing(alpha: Organization) -> None:
    lines = (f"{STAFF},allowed_sites", f"{ALICE},ASH", "7,Bob,Okafor,Full time,99,2020-01-01,OAK")
    assert counts(run(StaffResource, alpha, *lines, dry_run=True)) == (1, 1, 0)
    assert Staff.objects.get().hourly_rate == Decimal("20.00")
    assert not Staff.allowed_sites.through.objects.exists()


def test_one_wrong_row_keeps_all_out(alpha: Organization) -> None:
    result = run(StaffResource, alpha, STAFF, ALICE, "2,Chi,Abebe,Full time,free,2024-03-01")
    assert sentences(result) == ["3 hourly_rate: “free” is no amount; write it as 17.50, without currency or commas."]
    assert not Staff.objects.filter(number="1").exists()


def test_every_fault_of_a_row_is_told_at_once(alpha: Organization) -> None:
    found = sentences(run(StaffResource, alpha, STAFF, "2,,Abebe,Nobody,-1,soon"))
    assert [line.split(":")[0] for line in found] == ["2 first_name", "2 contract", "2 hourly_rate", "2 employed_from"]


def test_duplicates_in_the_file_are_refused(alpha: Organization) -> None:
    found = sentences(run(StaffResource, alpha, STAFF, ALICE, ALICE))
    assert found == ["3 __all__: The file has the same entry on line 2; keep one of them."]
    assert Staff.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("number,first_name,last_name,contract,hourly_rate", "misses “employed_from”"),
        (f"{STAFF},salary", "does not know “salary”"),
        (f"{STAFF},number", "finds “number” more than once"),
        ("a;b;c", "does not know “a”, “b”, “c” and misses “number”"),
    ],
)
def test_wrong_columns_are_told_with_those_expected(alpha: Organization, header: str, sentence: str) -> None:
    (found,) = sentences(run(StaffResource, alpha, header, header))
    assert sentence in found
    assert (
        "Expected are number, first_name, last_name, contract, hourly_rate, employed_from; and, if you like," in found
    )


def test_column_names_are_read_generously(alpha: Organization) -> None:
    header = STAFF.replace("first_name", "First name").replace("number", " Number ")
    assert counts(run(StaffResource, alpha, header, ALICE)) == (1, 0, 0)


def test_an_unknown_code_is_told_with_the_likeliest(alpha: Organization) -> None:
    (found,) = sentences(run(StaffResource, alpha, STAFF, ALICE.replace("Full time", "Fulltime")))
    assert found == "2 contract: Alpha has no contract “Fulltime”; did you mean “Full time”?"


def test_another_organizations_codes_do_not_exist(alpha: Organization) -> None:
    beta = b.make_organization("beta")
    b.make_site("BAY", organization=beta)
    b.make_staff("Eve", organization=beta, number="900")
    (found,) = sentences(run(StaffResource, alpha, f"{STAFF},home_site", f"{ALICE},BAY"))
    assert found.startswith("2 home_site: Alpha has no site “BAY”;")
    (found,) = sentences(run(AvailabilityResource, alpha, "staff,starts_at,ends_at", "900,2027-02-01,2027-02-02"))
    assert found.startswith("2 staff: Alpha has no staff number “900”;")


def test_the_same_number_in_another_organization_is_another_person(alpha: Organization) -> None:
    beta = b.make_organization("beta")
    theirs = b.make_staff("Eve", organization=beta, number="1")
    assert counts(run(StaffResource, alpha, STAFF, ALICE)) == (1, 0, 0)
    theirs.refresh_from_db()
    assert theirs.first_name == "Eve"
    assert Staff.objects.get(number="1", organization=alpha).first_name == "Alice"


def test_nothing_is_imported_without_an_organization() -> None:
    assert sentences(run(SiteResource, None, "code,name", "A,Ash")) == ["Choose the organization to import into first."]


@pytest.mark.parametrize(
    ("resource", "lines", "sentence"),
    [
        (SiteResource, ("code,name,time_zone", "A,Ash,Berlin"), "2 time_zone: “Berlin” is no time zone"),
        (SiteResource, ("code,name", f"{'A' * 21},Ash"), "2 code: Ensure this value has at most 20 characters"),
        (
            ShiftTypeResource,
            ("code,name,start_time,duration_minutes,color", "A,Ash,06:00,480,red"),
            "2 color: Use #RRGGBB.",
        ),
        (
            ShiftTypeResource,
            ("code,name,start_time,duration_minutes,unpaid_break_minutes", "A,Ash,06:00,60,60"),
            "2 unpaid_break_minutes: The break is as long",
        ),
        (
            ShiftPatternResource,
            ("site,shift_type,weekdays,starts_on,ends_on", "ASH,N,mon,2027-02-02,2027-02-01"),
            "2 ends_on: The pattern ends before it begins",
        ),
        (StaffResource, (f"{STAFF},email", f"{ALICE},alice"), "2 email: Enter a valid email address."),
        (StaffResource, (f"{STAFF},employed_until", f"{ALICE},2024-02-28"), "2 employed_until: Employment ends before"),
        (
            StaffResource,
            (f"{STAFF},allowed_sites,barred_sites", f"{ALICE},ASH,ASH"),
            "2 allowed_sites: ASH is barred too",
        ),
        (
            StaffCertificationResource,
            ("staff,certification,issued,expires", "7,AID,2027-02-01,2027-01-01"),
            "2 expires: The certification expires before it was issued",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(
    alpha: Organization, resource: type[OrganizationResource], lines: tuple[str, ...], sentence: str
) -> None:
    found = sentences(run(resource, alpha, *lines))
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_what_the_database_refuses_is_a_sentence_too(alpha: Organization) -> None:
    site, bob = Site.objects.get(code="ASH"), Staff.objects.get(number="7")
    night = ShiftType.objects.get(code="N")
    roster = b.make_roster(organization=alpha, status="published")
    for start in (datetime(2027, 2, 1, 22), datetime(2027, 2, 2, 6)):  # noqa: DTZ001 – local times
        b.make_assignment(roster, b.make_shift(start, site=site, shift_type=night), bob)
    (found,) = sentences(run(ShiftResource, alpha, "site,shift_type,date,start,end", "ASH,N,2027-02-01,22:00,07:00"))
    assert "already works at that time" in found
    assert {shift.minutes for shift in Shift.objects.all()} == {480}


def test_lists_of_faults_stay_short_and_their_number_true(alpha: Organization) -> None:
    result = run(SiteResource, alpha, "code,name", *(f"{number}," for number in range(500)))
    assert len(result.invalid_rows) == 200
    assert result.totals["invalid"] == 500


def test_workbooks_bring_numbers_dates_and_times_of_their_own(alpha: Organization) -> None:
    table = read_xlsx(
        workbook(STAFF.split(","), [1, "Alice", "Novak", "Full time", 17.5, datetime(2024, 3, 1)])  # noqa: DTZ001
    )
    assert counts(StaffResource(organization=alpha).import_data(table)) == (1, 0, 0)
    table = read_xlsx(
        workbook(["site", "shift_type", "date", "start", "end"], ["ASH", "N", date(2027, 2, 1), time(20), time(4)])
    )
    assert counts(ShiftResource(organization=alpha).import_data(table)) == (1, 0, 0)
    assert only(Shift).minutes == 480


@pytest.mark.parametrize("people", [10, 300])
def test_queries_do_not_grow_with_the_file(
    alpha: Organization, people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    lines = [
        f"{STAFF},home_site,allowed_sites",
        *(f"P{n},A,B,Full time,17.50,2024-03-01,ASH,ASH;OAK" for n in range(people)),
    ]
    with django_assert_max_num_queries(16):
        assert counts(run(StaffResource, alpha, *lines)) == (people, 0, 0)
    with django_assert_max_num_queries(16):
        assert counts(run(StaffResource, alpha, *(line.replace("17.50", "18") for line in lines))) == (0, people, 0)


def test_the_preview_shows_what_changes_and_is_harmless(alpha: Organization) -> None:
    run(SiteResource, alpha, "code,name", "A,Ash")
    result = run(SiteResource, alpha, "code,name", "A,<b>Elm</b>", dry_run=True)
    (row,) = result.valid_rows()
    shown = dict(zip(result.diff_headers, row.diff, strict=True))
    assert shown["name"] == "<del>Ash</del> <ins>&lt;b&gt;Elm&lt;/b&gt;</ins>"
    assert shown["code"] == "A"
