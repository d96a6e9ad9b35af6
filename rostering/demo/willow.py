"""Willow Care Homes: four homes in Kent, fifty carers, most of them part-time, every other weekend off.

Awkward on purpose: seniors must be competent with medication, hardly anybody works more than two weekends in four,
one starter still lacks a training.
"""

from __future__ import annotations

from rostering.demo.specs import (
    DAILY,
    WEEKDAYS,
    AwaySpec,
    CertificationSpec,
    ContractSpec,
    GroupSpec,
    OrganizationSpec,
    PatternSpec,
    PersonSpec,
    SiteSpec,
    TypeSpec,
    WeeklySpec,
    preferred,
    required,
)
from rostering.models import Availability, Certification, Priority

LEAVE, SICK = "Annual leave", "Sick"
NEEDED = ("DBS", "MOVE")

CERTIFICATIONS = (
    CertificationSpec("DBS", "Enhanced DBS check", validity_months=36, warn_days=90),
    CertificationSpec("MOVE", "Moving and handling", validity_months=12),
    CertificationSpec("MEDS", "Medication competence", validity_months=12),
    CertificationSpec("DEMENTIA", "Dementia care", Certification.Kind.SKILL, blocks=False),
)

SITES = (
    SiteSpec("ASH", "Ash House", "Willow Care Homes", "14 Orchard Lane, Maidstone", NEEDED),
    SiteSpec("BIRCH", "Birch Lodge", "Willow Care Homes", "2 Mill Road, Ashford", NEEDED),
    SiteSpec("CEDAR", "Cedar Court", "Willow Care Homes", "31 Castle Street, Canterbury", (*NEEDED, "DEMENTIA")),
    SiteSpec("DAMSON", "Damson View", "Willow Care Homes", "7 Harbor Way, Whitstable", NEEDED),
)

TYPES = (
    TypeSpec("ES", "Senior early", "#b45309", "07:00", 480, 30, ("early", "senior"), ("MEDS",)),
    TypeSpec("E", "Early", "#f59e0b", "07:00", 480, 30, ("early",)),
    TypeSpec("LS", "Senior late", "#1d4ed8", "15:00", 480, 30, ("late", "senior"), ("MEDS",)),
    TypeSpec("L", "Late", "#60a5fa", "15:00", 480, 30, ("late",)),
    TypeSpec("N", "Waking night", "#3730a3", "23:00", 480, 30, ("night",), ("MEDS",)),
    TypeSpec("SI", "Sleep-in night", "#7c3aed", "22:00", 540, 0, ("night", "sleep-in")),
    TypeSpec("ACT", "Activities", "#059669", "10:00", 360, 0, ("day",)),
)

PATTERNS = (
    PatternSpec("ASH", "ES", DAILY, 1, Priority.HIGH),
    PatternSpec("ASH", "E", WEEKDAYS, 2),
    PatternSpec("ASH", "E", (5, 6), 1),
    PatternSpec("ASH", "LS", DAILY, 1, Priority.HIGH),
    PatternSpec("ASH", "L", WEEKDAYS, 2),
    PatternSpec("ASH", "L", (5, 6), 1),
    PatternSpec("ASH", "N", DAILY, 1, Priority.CRITICAL),
    PatternSpec("BIRCH", "ES", DAILY, 1, Priority.HIGH),
    PatternSpec("BIRCH", "E", DAILY, 1),
    PatternSpec("BIRCH", "LS", DAILY, 1, Priority.HIGH),
    PatternSpec("BIRCH", "L", DAILY, 1),
    PatternSpec("BIRCH", "N", DAILY, 1, Priority.CRITICAL),
    PatternSpec("CEDAR", "ES", DAILY, 1, Priority.HIGH),
    PatternSpec("CEDAR", "E", DAILY, 1),
    PatternSpec("CEDAR", "LS", DAILY, 1, Priority.HIGH),
    PatternSpec("CEDAR", "L", DAILY, 1),
    PatternSpec("CEDAR", "N", DAILY, 1, Priority.CRITICAL),
    PatternSpec("DAMSON", "ES", DAILY, 1, Priority.HIGH),
    PatternSpec("DAMSON", "E", DAILY, 1),
    PatternSpec("DAMSON", "LS", DAILY, 1, Priority.HIGH),
    PatternSpec("DAMSON", "SI", DAILY, 1, Priority.CRITICAL),
    PatternSpec("ASH", "ACT", (1, 3), 1, Priority.LOW),
)

RULES = (
    required("rest", minimum=660),
    required("one_shift_per_day"),
    required("succession", tags=["night"], then_types=["ES", "E", "ACT"], period_days=2),
    required("consecutive_days", maximum=6),
    required("consecutive_days", maximum=4, tags=["night"]),
    preferred("consecutive_days_off", 5, minimum=2),
    preferred("complete_weekends", 6),
    preferred("preferred_site", 4),
    preferred("continuity", 6),
    preferred("premium", 15, tags=["night"]),
)

TWO_IN_FOUR = required("weekends", maximum=2, period="rolling", period_days=28)

FEW_NIGHTS = preferred("shifts", 20, maximum=2, period="roster", tags=["night"])

CONTRACTS = (
    ContractSpec(
        "Full time 37.5 h",
        2250,
        (
            required("minutes", maximum=2880, period="week"),
            TWO_IN_FOUR,
            FEW_NIGHTS,
            preferred("minutes", 6, minimum=1800, period="week"),
        ),
        overtime=((2250, 25),),
        sunday_percent=20,
        holiday_percent=100,
    ),
    ContractSpec(
        "Part time 24 h",
        1440,
        (
            required("minutes", maximum=1920, period="week"),
            TWO_IN_FOUR,
            FEW_NIGHTS,
            preferred("days", 5, maximum=4, period="week"),
            preferred("minutes", 6, minimum=900, period="week"),
        ),
        sunday_percent=20,
        holiday_percent=100,
    ),
    ContractSpec(
        "Part time 30 h, alternate weekends",
        1800,
        (
            required("minutes", maximum=2250, period="week"),
            required("consecutive_weekends", maximum=1),
            FEW_NIGHTS,
            preferred("minutes", 6, minimum=1350, period="week"),
        ),
        sunday_percent=20,
        holiday_percent=100,
    ),
    ContractSpec(
        "Night carer 30 h",
        1800,
        (
            required("minutes", maximum=2400, period="week"),
            required("shifts", maximum=0, period="roster", shift_types=["ES", "E", "LS", "L", "ACT"]),
            required("weekends", maximum=3, period="rolling", period_days=28),
            preferred("consecutive_days", 4, minimum=2, tags=["night"]),
            preferred("minutes", 6, minimum=1350, period="week"),
        ),
        sunday_percent=20,
        holiday_percent=100,
    ),
    ContractSpec(
        "Weekend carer 16 h",
        960,
        (
            required("minutes", maximum=1440, period="week"),
            required("shifts", maximum=0, period="roster", tags=["night"]),
        ),
        sunday_percent=20,
        holiday_percent=100,
    ),
    ContractSpec(
        "Bank 10 h",
        600,
        (required("minutes", maximum=1440, period="week"), TWO_IN_FOUR),
        holiday_percent=50,
    ),
)

FULL, PART, ALTERNATE, NIGHT, WEEKEND, BANK = (contract.name for contract in CONTRACTS)
SENIOR = (*NEEDED, "MEDS", "DEMENTIA")

GROUPS = (
    GroupSpec(FULL, 9, 1490, ("ASH", "BIRCH", "CEDAR", "DAMSON"), SENIOR),  # 0–8
    GroupSpec(PART, 10, 1390, ("ASH", "BIRCH", "CEDAR", "DAMSON"), SENIOR, raise_cents=8),  # 9–18
    GroupSpec(PART, 8, 1260, ("ASH", "CEDAR", "BIRCH", "DAMSON"), (*NEEDED, "DEMENTIA"), raise_cents=5),  # 19–26
    GroupSpec(ALTERNATE, 5, 1410, ("BIRCH", "CEDAR", "ASH"), SENIOR),  # 27–31
    GroupSpec(ALTERNATE, 2, 1270, ("ASH", "DAMSON"), NEEDED),  # 32–33
    GroupSpec(NIGHT, 5, 1520, ("ASH", "BIRCH", "CEDAR"), SENIOR),  # 34–38
    GroupSpec(WEEKEND, 4, 1400, ("ASH", "BIRCH", "CEDAR", "DAMSON"), SENIOR),  # 39–42
    GroupSpec(WEEKEND, 4, 1280, ("ASH", "BIRCH", "CEDAR", "DAMSON"), NEEDED),  # 43–46
    GroupSpec(BANK, 3, 1340, ("ASH", "CEDAR", "BIRCH"), NEEDED, raise_cents=0),  # 47–49
)

PEOPLE = {
    2: PersonSpec(preferred=("CEDAR", "ASH")),
    4: PersonSpec(expires={"MEDS": 17}),
    8: PersonSpec(until_day=22),
    11: PersonSpec(barred=("DAMSON",)),
    13: PersonSpec(expires={"MEDS": 8}),
    16: PersonSpec(allowed=("CEDAR", "DAMSON")),
    20: PersonSpec(allowed=("CEDAR", "DAMSON")),
    22: PersonSpec(from_day=7, issued={"MOVE": 14}),
    24: PersonSpec(expires={"DBS": 20}),
    28: PersonSpec(preferred=("CEDAR", "BIRCH")),
    30: PersonSpec(barred=("CEDAR",)),
    33: PersonSpec(allowed=("DAMSON", "ASH")),
    36: PersonSpec(expires={"MEDS": 25}),
    44: PersonSpec(expires={"MOVE": -10}),
    48: PersonSpec(from_day=3),
}

REQUESTED = Availability.Approval.REQUESTED
WANTED, UNWANTED = Availability.Kind.WANTED, Availability.Kind.UNWANTED

AWAY = (
    AwaySpec(0, 7, 7, LEAVE),
    AwaySpec(3, 14, 14, LEAVE),
    AwaySpec(10, 0, 7, LEAVE),
    AwaySpec(14, 21, 7, LEAVE),
    AwaySpec(19, 5, 9, LEAVE),
    AwaySpec(25, -7, 10, LEAVE),
    AwaySpec(29, 12, 5, LEAVE),
    AwaySpec(35, 0, 7, LEAVE),
    AwaySpec(41, 12, 3, LEAVE),
    AwaySpec(6, -2, 5, SICK),
    AwaySpec(21, 2, 5, SICK),
    AwaySpec(38, 15, 3, "Training"),
    AwaySpec(17, 19, 4, LEAVE, approval=REQUESTED),
    AwaySpec(1, 6, 1, "Birthday", UNWANTED, weight=20),
    AwaySpec(5, 19, 2, "Christening", UNWANTED, weight=40),
    AwaySpec(12, 0, 28, "Prefers earlies", WANTED, shift_type="ES", weight=5),
    AwaySpec(15, 0, 28, "Prefers no lates", UNWANTED, shift_type="LS", weight=6),
    AwaySpec(23, 9, 1, "Would like the early shift", WANTED, shift_type="E", weight=15),
    AwaySpec(31, 26, 2, "Visitors", UNWANTED, weight=25),
    AwaySpec(43, 5, 1, "Concert", UNWANTED, weight=20),
)

WEEKLY = (
    WeeklySpec(9, WEEKDAYS, "08:00", "09:30", "School run"),
    WeeklySpec(18, WEEKDAYS, "14:45", "16:00", "School run"),
    WeeklySpec(26, WEEKDAYS, "08:15", "09:15", "School run"),
    WeeklySpec(27, (2,), "09:00", "17:00", "College"),
    WeeklySpec(39, WEEKDAYS, "07:00", "19:00", "Other job"),
    WeeklySpec(40, WEEKDAYS, "07:00", "19:00", "Other job"),
    WeeklySpec(45, WEEKDAYS, "08:00", "17:00", "College"),
    WeeklySpec(46, WEEKDAYS, "08:00", "17:00", "College"),
)

WILLOW = OrganizationSpec(
    slug="willow",
    name="Willow Care Homes",
    time_zone="Europe/London",
    currency="GBP",
    country="GB",
    subdivision="ENG",
    phone="+44 1622 550",
    manager="other",
    certifications=CERTIFICATIONS,
    sites=SITES,
    types=TYPES,
    patterns=PATTERNS,
    rules=RULES,
    contracts=CONTRACTS,
    groups=GROUPS,
    people=PEOPLE,
    away=AWAY,
    weekly=WEEKLY,
)
