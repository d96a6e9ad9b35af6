"""Two organizations with one of everything, the second marked so that any leak of it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from rostering.api.urls import router
from rostering.models import Membership, Organization, Role, Roster, Shift, Staff
from tests import builders
from tests.builders import MONDAY


@dataclass
class World:
    """One organization: a member of each role, and one row behind each resource, by its path."""

    organization: Organization
    members: dict[Role, User] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    @property
    def roster(self) -> Roster:
        found: Roster = self.rows["rosters"]
        return found

    @property
    def shift(self) -> Shift:
        found: Shift = self.rows["shifts"]
        return found

    @property
    def staff(self) -> Staff:
        found: Staff = self.rows["staff"]
        return found

    def row_of(self, model: type[Model]) -> Any:
        """This world's row of a model."""
        if model is User:
            return self.members[Role.VIEWER]
        return next(row for row in self.rows.values() if isinstance(row, model))


def make_world(slug: str, mark: str) -> World:
    """Everything of one organization; every text in it carries `mark`."""
    organization = builders.make_organization(slug, name=f"{mark} organization")
    world = World(organization)
    for role in Role:
        world.members[role] = builders.make_member(organization, role, f"{mark}-{role.value}")
    certification = builders.make_certification(f"{mark}-LIC", organization=organization)
    site = builders.make_site(
        f"{mark}-S", organization=organization, name=f"{mark} site", required_certifications=[certification]
    )
    contract = builders.make_contract(f"{mark} contract", organization=organization)
    staff = builders.make_staff(
        f"{mark} Person", organization=organization, contract=contract, home_site=site, user=world.members[Role.VIEWER]
    )
    shift_type = builders.make_shift_type(f"{mark}-D", organization=organization)
    pattern = builders.make_shift_pattern(site=site, shift_type=shift_type)
    shift = builders.make_shift(site=site, shift_type=shift_type, pattern=pattern, notes=f"{mark} notes")
    roster = builders.make_roster(sites=[site], name=f"{mark} roster")
    world.rows = {
        "organizations": organization,
        "memberships": Membership.objects.get(organization=organization, role=Role.VIEWER),
        "sites": site,
        "staff": staff,
        "certifications": certification,
        "staff-certifications": builders.make_staff_certification(staff, certification, number=f"{mark} number"),
        "contracts": contract,
        "overtime-tiers": builders.make_overtime_tier(contract),
        "rules": builders.make_rule("rest", contract=contract, minimum=660),
        "shift-types": shift_type,
        "shift-patterns": pattern,
        "shifts": shift,
        "availability": builders.make_availability(
            staff, datetime.combine(MONDAY + timedelta(days=3), time(0)), reason=f"{mark} reason"
        ),
        "rosters": roster,
        "assignments": builders.make_assignment(roster, shift, staff, override_reason=f"{mark} override"),
        "notifications": builders.make_notification(
            organization, subject=f"{mark} subject", user=world.members[Role.VIEWER]
        ),
    }
    builders.make_gap(roster, builders.make_shift(datetime.combine(MONDAY, time(22)), site=site))
    return world


def resources() -> list[str]:
    """The path of every registered resource."""
    return [prefix for prefix, _, _ in router.registry]
