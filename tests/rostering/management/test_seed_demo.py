"""`manage.py seed_demo`; what it makes is tested in tests/rostering/demo."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from rostering.models import Organization, Roster

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_outside_of_demo_mode_it_is_refused(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="set MUSTER_DEMO"):
        run()
    assert not User.objects.exists()
    assert not Organization.objects.exists()


def test_it_seeds_once_and_anew_when_told_to(settings: Any) -> None:
    settings.DEMO = True
    assert run("--from", "2027-02-01") == ["Made Northgate Security.", "Made Willow Care Homes."]
    assert run("--from", "2027-06-07") == ["The demo organizations exist already; --reset makes them anew."]
    run("--reset", "--from", "2027-06-07")
    assert {f"{roster.end_date}" for roster in Roster.objects.all()} == {"2027-06-06"}
