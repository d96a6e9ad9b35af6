"""Certifications and sites."""

from __future__ import annotations

from rostering.models import Certification, Site
from rostering.resources.base import OrganizationResource
from rostering.resources.cells import Cell, Choice, Flag, Many, Whole
from rostering.resources.rows import Column


class CertificationResource(OrganizationResource):
    """Kinds of license and skill."""

    file_name = "certifications"
    key = ("code",)
    examples = [
        {"code": "LICENSE", "name": "Security license", "kind": "license", "validity_months": 60, "warn_days": 90},
        {"code": "AED", "name": "Defibrillator", "kind": "skill", "validity_months": 24, "blocks": "no"},
    ]

    code = Column(Cell(), "What other files call it; once per organization.", attribute="code", required=True)
    name = Column(Cell(), "What people read.", attribute="name", required=True)
    kind = Column(Choice(Certification.Kind), "`license` or `skill`; empty: license.", attribute="kind")
    validity_months = Column(
        Whole(minimum=1, maximum=600), "Months from issue to expiry; empty: no expiry.", attribute="validity_months"
    )
    warn_days = Column(Whole(maximum=3650), "Days before expiry from which to warn; empty: 60.", attribute="warn_days")
    blocks = Column(
        Flag(), "`yes`: nobody without it is assigned; `no`: lacking it costs points. Empty: yes.", attribute="blocks"
    )

    class Meta:
        model = Certification


class SiteResource(OrganizationResource):
    """Places that are staffed."""

    file_name = "sites"
    key = ("code",)
    examples = [
        {
            "code": "CLINIC",
            "name": "City Clinic",
            "client_name": "City Health Trust",
            "address": "1 Infirmary Road",
            "time_zone": "Europe/Berlin",
            "required_certifications": "LICENSE;AED",
            "active": "yes",
        },
        {"code": "DEPOT", "name": "Riverside Depot", "client_name": "Riverside Freight", "active": "yes"},
    ]

    code = Column(Cell(), "What other files call it; once per organization.", attribute="code", required=True)
    name = Column(Cell(), "What people read.", attribute="name", required=True)
    client_name = Column(Cell(), "Whose site it is.", attribute="client_name")
    address = Column(Cell(), "Where it is.", attribute="address")
    time_zone = Column(Cell(), "IANA name such as Europe/Berlin; empty: the organization's.", attribute="time_zone")
    required_certifications = Column(
        Many("certification"), "Codes everybody on site needs, between semicolons.", attribute="required_certifications"
    )
    active = Column(Flag(), "`no`: nothing is rostered there. Empty: yes.", attribute="active")

    class Meta:
        model = Site
