"""Times in import files: shifts in the site's zone, availability in the organization's, across changes of the clock."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from rostering.models import Availability, Organization, Shift, Site
from rostering.resources import AvailabilityResource, ShiftResource
from tests import builders as b
from tests.rostering.resources.files import counts, run, sentences

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


# --- shifts and their times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "cells", "start", "end"),
    [
        ("date,start,end", "2027-02-01,22:00,06:00", "2027-02-01 21:00", "2027-02-02 05:00"),
        ("date,start,end", "2027-02-01,08:00,12:00", "2027-02-01 07:00", "2027-02-01 11:00"),
        ("date", "2027-02-01", "2027-02-01 21:00", "2027-02-02 05:00"),
        ("starts_at,ends_at", "2027-02-01 22:00,2027-02-02T05:30", "2027-02-01 21:00", "2027-02-02 04:30"),
        ("start,end", "2027-02-01 22:00+00:00,2027-02-01 23:00Z", "2027-02-01 22:00", "2027-02-01 23:00"),
        ("date,start,end", "2027-03-27,22:00,06:00", "2027-03-27 21:00", "2027-03-28 04:00"),
        ("date,start,end", "2027-10-30,22:00,06:00", "2027-10-30 20:00", "2027-10-31 05:00"),
        ("date", "2027-03-27", "2027-03-27 21:00", "2027-03-28 04:00"),
    ],
)
def test_shift_times_are_the_sites(alpha: Organization, columns: str, cells: str, start: str, end: str) -> None:
    run(ShiftResource, alpha, f"site,shift_type,{columns}", f"ASH,N,{cells}")
    found = Shift.objects.get()
    assert f"{found.starts_at:%Y-%m-%d %H:%M}" == start
    assert f"{found.ends_at:%Y-%m-%d %H:%M}" == end
    assert found.unpaid_break_minutes == 30


def test_columns_left_out_keep_what_is_stored(alpha: Organization) -> None:
    lines = ("site,shift_type,date,end,headcount,unpaid_break_minutes,notes", "ASH,N,2027-02-01,05:00,3,15,Gala")
    run(ShiftResource, alpha, *lines)
    assert counts(run(ShiftResource, alpha, "site,shift_type,date,headcount", "ASH,N,2027-02-01,4")) == (0, 1, 0)
    found = Shift.objects.get()
    assert (found.minutes, found.headcount, found.unpaid_break_minutes, found.notes) == (420, 4, 15, "Gala")


@pytest.mark.parametrize(
    ("columns", "cells", "sentence"),
    [
        ("start", "22:00", "2 date: The cell is empty; give the date"),
        ("date", "", "2 date: The cell is empty; give the date"),
        ("date,start", "2027-02-01,2027-02-02 22:00", "2 start: The start is on 2027-02-02, but the date says"),
        ("date,start", "9999-12-31,22:00", "2 date: The year 9999 is out of range; dates go from 1900 to 2199"),
        ("start,end", "2027-02-01 22:00,9999-12-31 06:00", "2 end: The year 9999 is out of range"),
        ("date,start", "2027-02-01,2027-02-01", "2 start: 2027-02-01 is a date without a time"),
        ("date,end", "2027-02-01,2027-02-01 21:00", "2 end: The shift ends before it starts"),
        ("date,end", "2027-02-01,2027-02-09 21:00", "2 end: The shift lasts 191 hours; 48 are the most"),
        ("date,unpaid_break_minutes", "2027-02-01,480", "2 unpaid_break_minutes: The break is as long as the shift"),
        ("date,headcount", "2027-02-01,0", "2 headcount: 0 is out of bounds; write a number from 1 to 500"),
    ],
)
def test_wrong_shift_times_are_refused(alpha: Organization, columns: str, cells: str, sentence: str) -> None:
    found = sentences(run(ShiftResource, alpha, f"site,shift_type,{columns}", f"ASH,N,{cells}"))
    assert len(found) == 1
    assert found[0].startswith(sentence)
    assert not Shift.objects.exists()


@pytest.mark.parametrize("day", [date(2027, 2, 1), date(2027, 3, 27), date(2027, 10, 30), date(2027, 10, 31)])
@pytest.mark.parametrize("hours", [0.5, 3, 4.5, 8, 24, 30])
def test_exported_shifts_come_back_as_they_were(alpha: Organization, day: date, hours: float) -> None:
    site = Site.objects.get(code="ASH")
    for clock in ("00:30", "01:30", "22:00"):
        b.make_shift(b.local(day, clock, BERLIN), hours=hours, site=site)
    repeated = datetime(day.year, day.month, day.day, 2, 30, tzinfo=BERLIN, fold=1)
    b.make_shift(repeated, hours=hours, site=site)
    before = list(Shift.objects.values("pk", "starts_at", "ends_at"))
    written = ShiftResource(organization=alpha).export().csv
    assert counts(run(ShiftResource, alpha, *written.splitlines())) == (0, 0, 4)
    assert list(Shift.objects.values("pk", "starts_at", "ends_at")) == before


# --- availability -------------------------------------------------------------------------------------------------


def test_leave_by_days_includes_the_last(alpha: Organization) -> None:
    run(AvailabilityResource, alpha, "staff,starts_at,ends_at,reason", "7,2027-03-27,2027-03-28,Annual leave")
    leave = Availability.objects.get()
    assert (leave.starts_at, leave.ends_at) == (
        b.local(date(2027, 3, 27), "00:00", BERLIN),
        b.local(date(2027, 3, 29), "00:00", BERLIN),
    )
    assert (leave.kind, leave.approval, leave.weight) == ("unavailable", "approved", 10)


def test_the_weekly_form(alpha: Organization) -> None:
    run(
        AvailabilityResource,
        alpha,
        "staff,kind,weekdays,start_time,end_time,starts_on,ends_on",
        "7,Would rather not,mon;fri,22:00,06:00,2027-02-01,2027-06-30",
    )
    found = Availability.objects.get()
    assert (found.kind, found.weekdays, found.start_time, found.end_time) == ("unwanted", [0, 4], time(22), time(6))
    found.full_clean()


@pytest.mark.parametrize(
    ("columns", "cells", "sentence"),
    [
        ("kind", "", "2 weekdays: Give starts_at and ends_at, or weekdays"),
        ("starts_at", "2027-02-01", "2 ends_at: A span needs both"),
        ("starts_at,ends_at", "2027-02-02,2027-02-01", "2 ends_at: It ends before it starts"),
        ("starts_at,ends_at", "2027-02-01,9999-12-31", "2 ends_at: The year 9999 is out of range"),
        ("starts_at,ends_at", "08:00,12:00", "2 starts_at: A time without a date"),
        ("starts_at,ends_at,weekdays", "2027-02-01,2027-02-02,mon", "2 weekdays: A span has no weekly times"),
        ("weekdays,start_time,end_time", "mon,08:00,09:00", "2 starts_on: Give starts_at and ends_at, or weekdays"),
        (
            "weekdays,start_time,end_time,starts_on,ends_on",
            "mon,00:00,09:00,2027-02-02,2027-02-01",
            "2 ends_on: The last date lies before the first",
        ),
    ],
)
def test_half_an_entry_is_refused(alpha: Organization, columns: str, cells: str, sentence: str) -> None:
    found = sentences(run(AvailabilityResource, alpha, f"staff,{columns}", f"7,{cells}"))
    assert any(line.startswith(sentence) for line in found), found
    assert not Availability.objects.exists()
