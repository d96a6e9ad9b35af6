"""Lists ask the database as often for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rostering.models import Organization
from tests import builders
from tests.rostering.admin.test_tenancy import OWNED, name_of
from tests.rostering.admin.worlds import World


def fill(organization: Organization) -> None:
    """One more row of everything, each with its own related rows."""
    certification = builders.make_certification(organization=organization)
    site = builders.make_site(organization=organization, required_certifications=[certification])
    contract = builders.make_contract(organization=organization)
    builders.make_rule("rest", contract=contract, minimum=600)
    kind = builders.make_shift_type(organization=organization, required_certifications=[certification])
    staff = builders.make_staff(contract=contract, home_site=site)
    builders.make_staff_certification(staff, certification)
    builders.make_availability(staff)
    builders.make_shift_pattern(site=site, shift_type=kind)
    shift = builders.make_shift(site=site, shift_type=kind)
    roster = builders.make_roster(organization=organization, created_by=builders.make_user())
    builders.make_assignment(roster, shift, staff)
    builders.make_gap(roster, shift)
    builders.make_notification(organization, staff=staff)


@pytest.fixture
def queries(owner: Client) -> Callable[[type[Model]], int]:
    def count(model: type[Model]) -> int:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(address).status_code == 200
        return len(captured)

    return count


@pytest.mark.parametrize("model", OWNED, ids=name_of)
def test_list_asks_as_often_for_many_rows_as_for_few(
    queries: Callable[[type[Model]], int], ours: World, model: type[Model]
) -> None:
    fill(ours.organization)
    few = queries(model)
    for _ in range(6):
        fill(ours.organization)
    assert queries(model) <= few
    assert few <= 20
