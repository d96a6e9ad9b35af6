"""`manage.py materialize_shifts`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from rostering.models import Shift
from tests import builders as b

pytestmark = pytest.mark.django_db
DAYS = ("--from", "2027-02-01", "--to", "2027-02-07")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("materialize_shifts", *arguments, stdout=out)
    return out.getvalue()


def test_all_active_organizations_get_their_shifts() -> None:
    b.make_shift_pattern(organization=b.make_organization("alpha"))
    b.make_shift_pattern(organization=b.make_organization("beta"))
    b.make_shift_pattern(organization=b.make_organization("gone", active=False))
    assert run(*DAYS).splitlines() == [
        "alpha: 7 shifts made, 0 there already (2027-02-01 to 2027-02-07).",
        "beta: 7 shifts made, 0 there already (2027-02-01 to 2027-02-07).",
    ]
    assert "alpha: 0 shifts made, 7 there already" in run(*DAYS)


def test_one_organization_alone() -> None:
    b.make_shift_pattern(organization=b.make_organization("alpha"))
    b.make_shift_pattern(organization=b.make_organization("beta"))
    run("--organization", "beta", *DAYS)
    assert set(Shift.objects.values_list("organization__slug", flat=True)) == {"beta"}


def test_without_dates_it_makes_two_roster_periods_from_today() -> None:
    b.make_shift_pattern(organization=b.make_organization(roster_days=14), starts_on=b.MONDAY.replace(year=2020))
    assert "28 shifts made" in run()


def test_wrong_arguments_are_refused_with_a_sentence() -> None:
    b.make_organization("alpha")
    with pytest.raises(CommandError, match="No organization “nobody”"):
        run("--organization", "nobody")
    with pytest.raises(CommandError, match="lies before the first day"):
        run("--from", "2027-02-07", "--to", "2027-02-01")
    with pytest.raises(CommandError, match="is no date; write it as 2027-01-31"):
        run("--from", "soon")
