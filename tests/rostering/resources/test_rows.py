"""What a row of each table becomes: codes within one organization, defaults where cells are empty."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from rostering.models import (
    Certification,
    Contract,
    Organization,
    Rule,
    ShiftPattern,
    ShiftType,
    Site,
    Staff,
    StaffCertification,
)
from rostering.resources import (
    CertificationResource,
    ContractResource,
    RuleResource,
    ShiftPatternResource,
    ShiftTypeResource,
    SiteResource,
    StaffCertificationResource,
    StaffResource,
)
from rostering.resources.people import last_valid_day
from tests.rostering.resources.files import ALICE, STAFF, counts, only, run, sentences

pytestmark = pytest.mark.django_db


def test_a_certification(alpha: Organization) -> None:
    run(CertificationResource, alpha, "code,name,kind,validity_months,warn_days,blocks", "X,Xenon,Skill,12,30,no")
    found = only(Certification, code="X")
    assert (found.name, found.kind, found.validity_months, found.warn_days, found.blocks) == (
        "Xenon",
        "skill",
        12,
        30,
        False,
    )
    assert found.organization == alpha


def test_empty_cells_mean_the_defaults(alpha: Organization) -> None:
    run(CertificationResource, alpha, "code,name,kind,validity_months,warn_days,blocks", "X,Xenon,,,,")
    found = only(Certification, code="X")
    assert (found.kind, found.validity_months, found.warn_days, found.blocks) == ("license", None, 60, True)


def test_a_site_with_its_certifications(alpha: Organization) -> None:
    run(SiteResource, alpha, "code,name,time_zone,required_certifications", "ELM,Elm,Europe/London,AID; DOG")
    found = only(Site, code="ELM")
    assert {license_.code for license_ in found.required_certifications.all()} == {"AID", "DOG"}
    assert found.tz == ZoneInfo("Europe/London")


def test_a_contract_in_hours(alpha: Organization) -> None:
    run(ContractResource, alpha, "name,weekly_hours,sunday_premium_percent", "Half time,19.25,50")
    assert only(Contract, name="Half time").weekly_minutes == 1155


def test_a_shift_type(alpha: Organization) -> None:
    run(
        ShiftTypeResource,
        alpha,
        "code,name,tags,start_time,duration_minutes,unpaid_break_minutes,required_certifications",
        "E,Early,early;day,6:00,480,30,AID",
    )
    found = only(ShiftType, code="E")
    assert (found.tags, found.start_time, found.duration_minutes) == (["early", "day"], time(6), 480)


def test_a_shift_pattern(alpha: Organization) -> None:
    run(
        ShiftPatternResource,
        alpha,
        "site,shift_type,weekdays,headcount,starts_on,holidays,priority",
        "ASH,N,mon-wed,3,2027-01-04,skip,high",
    )
    found = only(ShiftPattern)
    assert (found.weekdays, found.headcount, found.holidays, found.priority) == ([0, 1, 2], 3, "skip", "high")


def test_a_person_with_sites(alpha: Organization) -> None:
    run(
        StaffResource,
        alpha,
        f"{STAFF},home_site,allowed_sites,barred_sites,phone,employed_until",
        f"{ALICE},ASH,ASH,OAK,'+49 30 5550,2027-12-31",
    )
    alice = only(Staff, number="1")
    assert (alice.name, alice.hourly_rate, alice.home_site.code, alice.phone) == (
        "Alice Novak",
        Decimal("17.50"),
        "ASH",
        "+49 30 5550",
    )
    assert [site.code for site in alice.barred_sites.all()] == ["OAK"]
    assert (alice.employed_from, alice.employed_until) == (date(2024, 3, 1), date(2027, 12, 31))


def test_a_held_certification_expires_by_its_kind_when_nothing_is_said(alpha: Organization) -> None:
    lines = (
        "staff,certification,issued,expires",
        "7,AID,2027-02-01,",
        "7,DOG,2027-02-01,",
        "7,AID,2025-02-01,2025-03-01",
    )
    assert counts(run(StaffCertificationResource, alpha, *lines)) == (3, 0, 0)
    found = StaffCertification.objects.filter(issued__gte=date(2025, 2, 1)).exclude(issued=date(2026, 1, 1))
    assert set(found.values_list("certification__code", "issued__year", "expires")) == {
        ("AID", 2027, date(2029, 1, 31)),
        ("DOG", 2027, None),
        ("AID", 2025, date(2025, 3, 1)),
    }
    assert counts(run(StaffCertificationResource, alpha, *lines)) == (0, 0, 3)


def test_validity_ends_the_day_before_the_anniversary() -> None:
    assert last_valid_day(date(2027, 2, 1), 12) == date(2028, 1, 31)
    assert last_valid_day(date(2027, 1, 31), 1) == date(2027, 2, 27)
    assert last_valid_day(date(2027, 12, 31), 2) == date(2028, 2, 28)
    assert last_valid_day(date(9990, 1, 1), 600) == date.max


def test_rules_take_what_their_kind_says_where_cells_are_empty(alpha: Organization) -> None:
    lines = (
        "contract,kind,minimum,maximum,period,tags,then_types,required,weight",
        ",rest,660,,,,,,",
        "Full time,minutes,,2880,week,,,,",
        ",succession,,,,night,N,,",
        "Full time,consecutive_days_off,2,,,,,no,5",
        ",fairness,,,,night,,,",
    )
    assert counts(run(RuleResource, alpha, *lines)) == (5, 0, 0)
    for rule in Rule.objects.all():
        rule.full_clean()
    found = set(Rule.objects.values_list("contract__name", "kind", "period", "period_days", "required", "weight"))
    assert found == {
        (None, "rest", "roster", None, True, 10.0),
        ("Full time", "minutes", "week", None, True, 10.0),
        (None, "succession", "roster", 1, True, 10.0),
        ("Full time", "consecutive_days_off", "roster", None, False, 5.0),
        (None, "fairness", "roster", None, False, 1.0),
    }
    assert counts(run(RuleResource, alpha, *lines)) == (0, 0, 5)
    assert counts(run(RuleResource, alpha, lines[0], ",rest,720,,,,,,")) == (0, 1, 0)
    assert Rule.objects.get(kind="rest").minimum == 720


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (",sleep,,,,", "2 kind: “sleep” is not a kind of rule; the kinds are"),
        (",rest,,,,", "2 minimum:"),
        (",rest,abc,,,", "2 minimum: “abc” is no whole number"),
        (",minutes,,2400,year,", "2 period:"),
        (",shifts,,5,week,X", "2 shift_types: Alpha has no shift type “X”;"),
        ("Nobody,rest,660,,,", "2 contract: Alpha has no contract “Nobody”;"),
    ],
)
def test_rules_that_make_no_sense_are_refused(alpha: Organization, cells: str, sentence: str) -> None:
    found = sentences(run(RuleResource, alpha, "contract,kind,minimum,maximum,period,shift_types", cells))
    assert len(found) == 1
    assert found[0].startswith(sentence)
    assert not Rule.objects.exists()
