"""Two organizations with one row of everything, so that a leak of either can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from analytics.models import DailyMetrics, FeatureUse
from jobs.models import JobRun
from jobs.states import Status
from rostering.models import Membership, Organization, Role
from tests import builders


@dataclass
class World:
    """An organization, its owner, and one row of each model by its class; `mark` is in every name."""

    mark: str
    organization: Organization
    owner: User
    rows: dict[type[Model], Any]

    def pk(self, model: type[Model]) -> Any:
        return self.rows[model].pk


def make_world(slug: str, mark: str) -> World:
    """An organization with one row of everything, each carrying the mark in what people would read."""
    organization = builders.make_organization(slug, name=f"{mark} Company")
    owner = builders.make_member(organization, Role.OWNER, username=f"{mark}-owner")
    certification = builders.make_certification(f"{mark}C", organization=organization, name=f"{mark} license")
    site = builders.make_site(f"{mark}S", organization=organization, name=f"{mark} site")
    site.required_certifications.set([certification])
    contract = builders.make_contract(f"{mark} contract", organization=organization)
    rule = builders.make_rule("rest", contract=contract, minimum=660)
    tier = builders.make_overtime_tier(contract)
    named: dict[str, Any] = {"name": f"{mark} type", "tags": [f"{mark}tag"]}
    shift_type = builders.make_shift_type(f"{mark}T", organization=organization, **named)
    staff = builders.make_staff(f"{mark}first {mark}last", contract=contract, home_site=site, user=owner)
    held = builders.make_staff_certification(staff, certification, number=f"{mark}-held")
    availability = builders.make_availability(staff, reason=f"{mark} leave")
    pattern = builders.make_shift_pattern(site=site, shift_type=shift_type)
    shift = builders.make_shift(site=site, shift_type=shift_type, notes=f"{mark} note", headcount=2)
    roster = builders.make_roster(organization=organization, name=f"{mark} roster", coverage=50.0, places=2, filled=1)
    assignment = builders.make_assignment(roster, shift, staff)
    reason = {"rule": "rest", "label": f"{mark} rule", "count": 1, "staff": [staff.pk], "sentence": f"{mark} sentence"}
    gap = builders.make_gap(roster, shift, reasons=[reason])
    notification = builders.make_notification(organization, subject=f"{mark} told", staff=staff)
    job = JobRun.objects.create(
        kind="roster.generate",
        subject=f"{mark}:1",
        organization_id=organization.pk,
        requested_by=owner,
        status=Status.CANCELLED,
        completed_at=roster.created_at + timedelta(seconds=1),
    )
    use = FeatureUse.objects.create(
        organization=organization, day=builders.MONDAY, feature="edit", actor=f"{mark}0"[:16]
    )
    metrics = DailyMetrics.objects.create(
        organization=organization,
        day=builders.MONDAY,
        features_used={f"{mark}-feature": 1},
        calculated_at=roster.created_at,
    )
    found = [organization, certification, site, contract, rule, tier, shift_type, staff, held, availability, pattern]
    found += [use, metrics, shift, roster, assignment, gap, notification, job, Membership.objects.get(user=owner)]
    return World(mark, organization, owner, {type(row): row for row in found})


class _Fields(HTMLParser):
    """What a browser would send if the page's form were submitted as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag == "input" and name and given.get("type") not in ("submit", "button", "file", "search"):
            if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            self.data.setdefault(name, []).append(given.get("value") or ("on" if "checked" in given else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.data.setdefault(self._select, []).append(given.get("value") or "")
        elif tag == "textarea" and name:
            self._area = name
            self.data[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def form_data(page: str) -> dict[str, list[str]]:
    """The fields of the page's forms, as a browser would send them; the empty forms of inlines are left out."""
    parser = _Fields()
    parser.feed(page)
    skipped = ("csrfmiddlewaretoken", "action", "_selected_action", "s")
    return {name: values for name, values in parser.data.items() if "__prefix__" not in name and name not in skipped}
