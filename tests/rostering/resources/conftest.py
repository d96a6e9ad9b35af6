"""An organization to import into."""

from __future__ import annotations

from datetime import date

import pytest

from rostering.models import Organization
from tests import builders as b


@pytest.fixture
def alpha(db: None) -> Organization:
    """An organization with something of everything to refer to."""
    organization = b.make_organization("alpha", time_zone="Europe/Berlin")
    first_aid = b.make_certification("AID", organization=organization, validity_months=24)
    b.make_certification("DOG", organization=organization)
    for code in ("ASH", "OAK"):
        b.make_site(code, organization=organization)
    b.make_contract("Full time", organization=organization)
    b.make_shift_type("N", organization=organization, start="22:00", hours=8, unpaid_break_minutes=30)
    b.make_staff_certification(
        b.make_staff("Bob Okafor", organization=organization, number="7"), first_aid, issued=date(2026, 1, 1)
    )
    return organization
