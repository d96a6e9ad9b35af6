"""A slip of the keyboard such as the year 9999 is answered by one sentence, wherever a date is typed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from rostering.days import check_day
from rostering.models import Role, Shift, Staff
from tests import builders

SENTENCE = "The year {} is out of range; dates go from 1900 to 2199."
LAST, FIRST = "9999-12-31", "0001-01-01"


def test_two_hundred_years_and_more_are_dates() -> None:
    for day in (date(1900, 1, 1), date(2199, 12, 31)):
        check_day(day)
    for day in (date(1899, 12, 31), date(2200, 1, 1)):
        with pytest.raises(ValidationError, match=f"The year {day.year} is out of range"):
            check_day(day)


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LAST, FIRST])
@pytest.mark.parametrize(
    "command",
    [
        ("calculate_daily_metrics", "--from"),
        ("calculate_daily_metrics", "--to"),
        ("materialize_shifts", "--from"),
        ("materialize_shifts", "--to"),
        ("send_expiry_alerts", "--date"),
        ("seed_demo", "--from"),
    ],
)
def test_commands_say_so(command: tuple[str, str], day: str) -> None:
    name, option = command
    with pytest.raises(CommandError, match=f"argument {option}: {SENTENCE.format(day[:4])}"):
        call_command(name, f"{option}={day}")
    with pytest.raises(CommandError, match="“soon” is no date; write it as 2027-01-31"):
        call_command(name, f"{option}=soon")


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LAST, FIRST])
def test_the_api_says_so_at_the_field(day: str) -> None:
    member = builders.make_member(builders.make_organization("alpha"), Role.MANAGER)
    client = APIClient()
    client.force_authenticate(member)
    sentence = SENTENCE.format(day[:4])
    person: Any = builders.make_staff()
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("patch", f"staff/{person.pk}/", {"employed_until": day}, "employed_until"),
        ("patch", f"staff/{person.pk}/", {"employed_from": day}, "employed_from"),
        ("post", "jobs/roster/generate", {"start_date": day, "end_date": day}, "start_date"),
        ("post", "shift-patterns/materialize/", {"start": day, "end": day}, "start"),
    ]
    for method, path, body, field in bodies:
        answer = getattr(client, method)(f"/api/v1/{path}", body, format="json")
        assert (answer.status_code, answer.json().get(field)) == (400, [sentence]), (path, answer.json())


@pytest.mark.django_db
def test_the_api_says_so_of_moments() -> None:
    organization = builders.make_organization("alpha")
    client = APIClient()
    client.force_authenticate(builders.make_member(organization, Role.MANAGER))
    site, kind = builders.make_site(), builders.make_shift_type()
    body = {"site": site.pk, "shift_type": kind.pk, "headcount": 1}
    for start, end in (
        ("9999-12-31T06:00:00Z", "9999-12-31T14:00:00Z"),
        ("2300-01-01T06:00:00Z", "2300-01-01T14:00:00Z"),
    ):
        answer = client.post("/api/v1/shifts/", {**body, "starts_at": start, "ends_at": end}, format="json")
        assert answer.status_code == 400
        assert answer.json()["starts_at"] == [SENTENCE.format(start[:4])]
    assert not Shift.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LAST, FIRST])
def test_the_back_office_says_so_at_the_field(day: str, client: Client) -> None:
    organization = builders.make_organization("alpha")
    client.force_login(builders.make_member(organization, Role.MANAGER))
    person = builders.make_staff()
    sentence = SENTENCE.format(day[:4])
    generate = reverse("admin:rostering_roster_generate")
    answer = client.post(generate, {"start_date": day, "end_date": day, "algorithm": "fast", "time_limit_seconds": 5})
    assert answer.context["form"].errors["start_date"] == [sentence]
    change = reverse("admin:rostering_staff_change", args=[person.pk])
    answer = client.post(change, {"employed_from": "2020-01-01", "employed_until": day})
    assert answer.context["adminform"].form.errors["employed_until"] == [sentence]
    assert Staff.objects.get().employed_until is None


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LAST, FIRST])
def test_shifts_typed_in_the_back_office_are_told(day: str, client: Client) -> None:
    """In zones east and west of Greenwich: the first and last moments have no other side."""
    client.force_login(builders.make_member(builders.make_organization("alpha"), Role.MANAGER))
    kind = builders.make_shift_type()
    for zone in ("America/New_York", "Europe/Berlin"):
        site = builders.make_site(time_zone=zone)
        times = {"starts_at_0": day, "starts_at_1": "00:00", "ends_at_0": day, "ends_at_1": "23:00"}
        body = {"site": site.pk, "shift_type": kind.pk, "headcount": 1, "priority": "normal", **times}
        answer = client.post(reverse("admin:rostering_shift_add"), body)
        assert SENTENCE.format(day[:4]) in answer.context["adminform"].form.errors["starts_at"]
    assert not Shift.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("day", [LAST, FIRST])
def test_an_address_that_names_such_a_day_names_none(day: str, client: Client) -> None:
    client.force_login(builders.make_member(builders.make_organization("alpha"), Role.MANAGER))
    answer = client.get(reverse("admin:rostering_roster_generate"), {"first": day})
    assert answer.status_code == 200
    assert day not in answer.content.decode()
