"""Contracts, staff, and the certifications they hold."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from rostering.models import Contract, Staff, StaffCertification
from rostering.resources.base import OrganizationResource
from rostering.resources.cells import Cell, Day, Flag, Hours, LastDay, Many, Money, One, Whole
from rostering.resources.rows import Column, Row


class ContractResource(OrganizationResource):
    """Kinds of employment; their rules are in rules.csv, or edited on the contract's page."""

    file_name = "contracts"
    key = ("name",)
    examples = [
        {"name": "Full time", "weekly_hours": 40, "sunday_premium_percent": 50, "holiday_premium_percent": 100},
        {"name": "Part time", "weekly_hours": 24},
    ]

    name = Column(Cell(), "What staff.csv calls it; once per organization.", attribute="name", required=True)
    weekly_hours = Column(
        Hours(maximum_hours=168), "Agreed hours a week, such as 38.5; empty: 40.", attribute="weekly_minutes"
    )
    sunday_premium_percent = Column(
        Whole(maximum=500), "On top of the hourly rate on Sundays; empty: 0.", attribute="sunday_premium_percent"
    )
    holiday_premium_percent = Column(
        Whole(maximum=500), "The same on public holidays; empty: 0.", attribute="holiday_premium_percent"
    )

    class Meta:
        model = Contract


class StaffResource(OrganizationResource):
    """The people."""

    file_name = "staff"
    key = ("number",)
    examples = [
        {
            "number": "90001",
            "first_name": "Alice",
            "last_name": "Novak",
            "email": "alice.novak@example.com",
            "phone": "'+49 30 5550101",
            "contract": "Full time",
            "hourly_rate": "17.50",
            "home_site": "CLINIC",
            "allowed_sites": "CLINIC;DEPOT",
            "preferred_sites": "CLINIC",
            "employed_from": "2024-03-01",
            "active": "yes",
        },
        {
            "number": "90002",
            "first_name": "Bob",
            "last_name": "Okafor",
            "contract": "Part time",
            "hourly_rate": "16.20",
            "barred_sites": "CLINIC",
            "employed_from": "2025-09-15",
            "employed_until": "2027-12-31",
        },
    ]

    number = Column(Cell(), "Staff number; once per organization.", attribute="number", required=True)
    first_name = Column(Cell(), "First name.", attribute="first_name", required=True)
    last_name = Column(Cell(), "Last name.", attribute="last_name", required=True)
    email = Column(Cell(), "Address for notices.", attribute="email")
    phone = Column(Cell(), "Telephone.", attribute="phone")
    contract = Column(One("contract"), "Name of the contract.", attribute="contract", required=True)
    hourly_rate = Column(
        Money(), "Wage per hour in the organization's currency.", attribute="hourly_rate", required=True
    )
    home_site = Column(One("site"), "Code of the usual site.", attribute="home_site")
    allowed_sites = Column(
        Many("site"), "Codes of the only sites they may work at; empty: every site.", attribute="allowed_sites"
    )
    preferred_sites = Column(Many("site"), "Codes of sites they like to work at.", attribute="preferred_sites")
    barred_sites = Column(Many("site"), "Codes of sites they never work at.", attribute="barred_sites")
    employed_from = Column(Day(), "First day of employment.", attribute="employed_from", required=True)
    employed_until = Column(Day(), "Last day of employment; empty: open-ended.", attribute="employed_until")
    active = Column(Flag(), "`no`: never rostered. Empty: yes.", attribute="active")

    class Meta:
        model = Staff

    def check(self, row: Row) -> None:
        """Employment ends after it begins, and no site is both allowed and barred."""
        staff: Staff = row.instance
        if staff.employed_until is not None and staff.employed_until < staff.employed_from:
            row.wrong(
                "employed_until",
                f"Employment ends before it begins on {staff.employed_from}; correct one of the dates.",
            )
        barred = {site.pk: site.code for site in row.values.get("barred_sites", ())}
        for name in ("allowed_sites", "preferred_sites"):
            both = sorted(site.code for site in row.values.get(name, ()) if site.pk in barred)
            if both:
                row.wrong(name, f"{', '.join(both)} is barred too; leave it out of one of the two.")


class StaffCertificationResource(OrganizationResource):
    """Who holds what, since and until when."""

    file_name = "staff_certifications"
    key = ("staff", "certification", "issued")
    examples = [
        {
            "staff": "90001",
            "certification": "LICENSE",
            "number": "GA-2024-118",
            "issued": "2024-02-15",
            "expires": "2029-02-14",
            "verified": "yes",
        },
        {"staff": "90002", "certification": "AED", "issued": "2026-05-04"},
    ]

    staff = Column(One("staff"), "Staff number.", attribute="staff", required=True)
    certification = Column(One("certification"), "Code of the certification.", attribute="certification", required=True)
    number = Column(Cell(), "Number of the document.", attribute="number")
    issued = Column(Day(), "First day it is valid.", attribute="issued", required=True)
    expires = Column(
        LastDay(),
        "Last day it is valid, or `never`; empty: by the validity of the certification, if it has one.",
        attribute="expires",
    )
    verified = Column(Flag(), "`yes`: somebody has seen the document. Empty: no.", attribute="verified")

    class Meta:
        model = StaffCertification

    def build(self, row: Row) -> dict[str, Any]:
        """With the expiry that follows from the certification's validity where none is given."""
        values = super().build(row)
        if values.get("expires") == date.max:
            return {**values, "expires": None}
        months = values["certification"].validity_months
        if months is not None and values.get("expires") is None:
            known = values if "expires" in row.cells else row.defaults
            known["expires"] = last_valid_day(values["issued"], months)
        return values

    def check(self, row: Row) -> None:
        """It expires after it was issued."""
        held: StaffCertification = row.instance
        if held.expires is not None and held.expires < held.issued:
            row.wrong("expires", f"The certification expires before it was issued on {held.issued}; correct a date.")

    def dehydrate_expires(self, held: StaffCertification) -> str:
        """`never` where an empty cell would be read as the certification's own validity."""
        if held.expires is None:
            return "never" if held.certification.validity_months is not None else ""
        return held.expires.isoformat()

    def narrow(self, rows: QuerySet[Any], wanted: Sequence[Row]) -> QuerySet[Any]:
        """Those of the people in the file."""
        return rows.filter(staff__in={row.values["staff"].pk for row in wanted})


def last_valid_day(issued: date, months: int) -> date:
    """The day before the same day so many months later (31 January and one month: 27 or 28 February)."""
    years, month = divmod(issued.year * 12 + issued.month - 1 + months, 12)
    if years > date.max.year:
        return date.max
    length = calendar.monthrange(years, month + 1)[1]
    return date.fromordinal(date(years, month + 1, min(issued.day, length)).toordinal() - 1)
