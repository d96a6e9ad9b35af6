"""Every table's export: own rows only, and what is exported comes back unchanged."""

from __future__ import annotations

import io

import pytest

from rostering.models import (
    Organization,
)
from rostering.resources import (
    RESOURCES,
    OrganizationResource,
    SiteResource,
)
from rostering.resources.formats import read_csv, read_xlsx
from tests import builders as b
from tests.rostering.resources.files import counts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_export_holds_no_other_organizations_rows(resource: type[OrganizationResource], alpha: Organization) -> None:
    _one_of_each(alpha, "Mine")
    _one_of_each(b.make_organization("beta"), "Theirs")
    everybody = resource._meta.model._default_manager.all()
    mine = resource(organization=alpha).export(everybody)
    assert len(mine) == everybody.filter(organization=alpha).count() > 0
    assert "Theirs" not in mine.csv
    assert len(resource(organization=None).export(everybody)) == 0


def test_platform_staff_may_export_every_organization_by_name(alpha: Organization) -> None:
    b.make_site("BAY", organization=b.make_organization("beta"))
    dataset = SiteResource(organization=None, all_organizations=True).export()
    assert dataset.headers[:2] == ["organization", "code"]
    assert set(dataset["organization"]) == {"alpha", "beta"}


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_is_exported_comes_back_unchanged(resource: type[OrganizationResource], alpha: Organization) -> None:
    _one_of_each(alpha, "=1+1")
    dataset = resource(organization=alpha).export()
    assert counts(resource(organization=alpha).import_data(read_csv(dataset.csv))) == (0, 0, len(dataset))
    again = io.BytesIO(dataset.xlsx)
    assert counts(resource(organization=alpha).import_data(read_xlsx(again.getvalue()))) == (0, 0, len(dataset))
    assert not any(cell.startswith("=") for row in dataset for cell in row if isinstance(cell, str))


def _one_of_each(organization: Organization, word: str) -> None:
    license_ = b.make_certification(organization=organization, name=word)
    site = b.make_site(organization=organization, name=word, required_certifications=[license_])
    contract = b.make_contract(word, organization=organization)
    kind = b.make_shift_type(organization=organization, name=word, required_certifications=[license_], tags=["a", "b"])
    staff = b.make_staff(f"{word} {word}", contract=contract, home_site=site, allowed_sites=[site])
    b.make_staff_certification(staff, license_, number=word)
    b.make_rule("rest", contract=contract, minimum=660)
    b.make_rule("shifts", organization=organization, maximum=3, period="week", shift_types=[kind.code], required=False)
    b.make_shift_pattern(site=site, shift_type=kind)
    b.make_shift(site=site, shift_type=kind, required_certifications=[license_], notes=word, unfilled_cost=12.5)
    b.make_availability(staff, reason=word)
    b.make_weekly_availability(staff, reason=word)
