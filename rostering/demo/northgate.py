"""Northgate Security: eight sites around Berlin, eighty guards, nights and twelve-hour shifts, licenses with grades.

Awkward on purpose: nobody has the induction the construction site asks for, few may enter the data center, the
airport wants the higher license, some licenses run out within the coming roster, and after it those of all dog
handlers, who took their course together: if nobody renews, nobody is left for the patrols.
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
from rostering.models import Availability, Certification, Priority, ShiftPattern

LEAVE, SICK = "Annual leave", "Sick"
SKIP, ONLY = ShiftPattern.Holidays.SKIP, ShiftPattern.Holidays.ONLY
DAY_TYPES = ["E", "L", "D12", "M", "O", "EV"]

CERTIFICATIONS = (
    CertificationSpec("GUARD-A", "Guard license A", validity_months=60, warn_days=90),
    CertificationSpec("GUARD-B", "Guard license B (aviation and critical sites)", validity_months=60, warn_days=90),
    CertificationSpec("DC-CLEAR", "Data center clearance", validity_months=24),
    CertificationSpec("DOG", "Dog handler", validity_months=36),
    CertificationSpec("FIRE", "Fire safety", validity_months=36),
    CertificationSpec("FIRST-AID", "First aid", validity_months=24),
    CertificationSpec("SITE-IND", "Riverbank site induction", validity_months=12),
    CertificationSpec("ENGLISH", "English for reception", Certification.Kind.SKILL, blocks=False),
)

SITES = (
    SiteSpec("ARENA", "Spree Arena", "Spree Arena Betriebs GmbH", "Uferstraße 80, Berlin"),
    SiteSpec("CARGO", "Airport Cargo East", "AeroFreight Handling", "Frachtring 3, Schönefeld", ("GUARD-B",)),
    SiteSpec("CONS", "Riverbank Construction", "Hochbau Brandt AG", "Am Speicher 12, Berlin", ("GUARD-A", "SITE-IND")),
    SiteSpec("DATA", "Havel Data Center", "Havel Hosting", "Serverallee 1, Potsdam", ("GUARD-B", "DC-CLEAR")),
    SiteSpec(
        "HOSP", "St. Elisabeth Hospital", "St. Elisabeth Kliniken", "Lindenweg 20, Berlin", ("GUARD-A", "FIRST-AID")
    ),
    SiteSpec("MALL", "Kanal Center", "Kanal Center Management", "Hafenplatz 5, Berlin", ("GUARD-A",)),
    SiteSpec("MUSE", "Museum of Navigation", "Stiftung Seefahrt", "Museumsufer 2, Berlin", ("GUARD-A", "FIRE")),
    SiteSpec("UNI", "North Campus", "Northern University", "Campusallee 9, Berlin", ("GUARD-A",)),
)

TYPES = (
    TypeSpec("E", "Early", "#d97706", "06:00", 480, 30, ("early", "day")),
    TypeSpec("L", "Late", "#2563eb", "14:00", 480, 30, ("late",)),
    TypeSpec("N", "Night", "#4338ca", "22:00", 480, 30, ("night",)),
    TypeSpec("D12", "Day, 12 hours", "#ca8a04", "06:00", 720, 45, ("day", "long")),
    TypeSpec("N12", "Night, 12 hours", "#312e81", "18:00", 720, 45, ("night", "long")),
    TypeSpec("P", "Dog patrol", "#6d28d9", "20:00", 480, 30, ("night", "dog"), ("DOG",)),
    TypeSpec("M", "Gallery day", "#0d9488", "09:00", 540, 60, ("day",)),
    TypeSpec("O", "Reception", "#16a34a", "08:00", 540, 60, ("day",), ("ENGLISH",)),
    TypeSpec("EV", "Event", "#db2777", "16:00", 480, 30, ("late", "event")),
)

PATTERNS = (
    PatternSpec("HOSP", "E", WEEKDAYS, 3, Priority.HIGH),
    PatternSpec("HOSP", "E", (5, 6), 2, Priority.HIGH),
    PatternSpec("HOSP", "L", DAILY, 2, Priority.HIGH),
    PatternSpec("HOSP", "N", DAILY, 3, Priority.HIGH),
    PatternSpec("DATA", "D12", DAILY, 2, Priority.CRITICAL),
    PatternSpec("DATA", "N12", DAILY, 1, Priority.CRITICAL),
    PatternSpec("MALL", "E", (0, 1, 2, 3, 4, 5), 2, holidays=SKIP),
    PatternSpec("MALL", "L", (0, 1, 2, 3), 3, holidays=SKIP),
    PatternSpec("MALL", "L", (4, 5), 4, holidays=SKIP),
    PatternSpec("MALL", "D12", DAILY, 1, holidays=ONLY),
    PatternSpec("MALL", "N", DAILY, 1),
    PatternSpec("CARGO", "D12", DAILY, 2, Priority.HIGH),
    PatternSpec("CARGO", "N12", DAILY, 2, Priority.HIGH),
    PatternSpec("CARGO", "P", DAILY, 1, Priority.HIGH),
    PatternSpec("MUSE", "M", (1, 2, 3, 4, 5, 6), 3),
    PatternSpec("MUSE", "N", DAILY, 1),
    PatternSpec("UNI", "E", WEEKDAYS, 2, holidays=SKIP),
    PatternSpec("UNI", "L", WEEKDAYS, 2, holidays=SKIP),
    PatternSpec("UNI", "N", DAILY, 1),
    PatternSpec("ARENA", "O", WEEKDAYS, 1, Priority.LOW, SKIP),
    PatternSpec("ARENA", "EV", (4, 5), 7),
    PatternSpec("ARENA", "EV", (6,), 3),
    PatternSpec("ARENA", "EV", (2,), 6, Priority.HIGH, from_day=14, until_day=20),
    PatternSpec("CONS", "D12", (5, 6), 1, from_day=0),
)

RULES = (
    required("rest", minimum=660),
    required("rest", minimum=720, tags=["long"]),
    required("one_shift_per_day"),
    required("succession", tags=["night"], then_types=["E", "D12", "M", "O"], period_days=2),
    required("consecutive_days", maximum=6),
    required("consecutive_days", maximum=4, tags=["long"]),
    preferred("consecutive_days_off", 5, minimum=2),
    preferred("complete_weekends", 3),
    preferred("sites", 10, maximum=3, period="week"),
    preferred("preferred_site", 2),
    preferred("continuity", 2),
    preferred("premium", 25, tags=["night"]),
)

THREE_IN_FOUR = required("weekends", maximum=3, period="rolling", period_days=28)

FEW_NIGHTS = preferred("shifts", 20, maximum=4, period="roster", tags=["night"])

CONTRACTS = (
    ContractSpec(
        "Full time 40 h",
        2400,
        (
            required("minutes", maximum=2880, period="week"),
            THREE_IN_FOUR,
            FEW_NIGHTS,
            required("consecutive_days", maximum=5, tags=["night"]),
            preferred("minutes", 6, minimum=1800, period="week"),
        ),
        overtime=((2400, 25),),
        sunday_percent=50,
        holiday_percent=100,
    ),
    ContractSpec(
        "Part time 24 h",
        1440,
        (
            required("minutes", maximum=1800, period="week"),
            THREE_IN_FOUR,
            FEW_NIGHTS,
            required("consecutive_days", maximum=3, tags=["night"]),
            preferred("days", 5, maximum=4, period="week"),
            preferred("minutes", 6, minimum=900, period="week"),
        ),
        overtime=((1440, 25),),
        sunday_percent=50,
        holiday_percent=100,
    ),
    ContractSpec(
        "Night specialist 36 h",
        2160,
        (
            required("minutes", maximum=2520, period="week"),
            required("shifts", maximum=0, period="roster", shift_types=DAY_TYPES),
            required("consecutive_days", maximum=5, tags=["night"]),
            preferred("consecutive_days", 4, minimum=2, tags=["night"]),
            preferred("minutes", 6, minimum=1600, period="week"),
        ),
        overtime=((2160, 25),),
        sunday_percent=50,
        holiday_percent=100,
    ),
    ContractSpec(
        "Student 10 h",
        600,
        (
            required("minutes", maximum=900, period="week"),
            required("shifts", maximum=0, period="roster", tags=["night"]),
            preferred("days", 3, maximum=2, period="week"),
        ),
    ),
)

FULL, PART, NIGHT, STUDENT = (contract.name for contract in CONTRACTS)

GROUPS = (
    GroupSpec(FULL, 5, 2050, ("DATA",), ("GUARD-A", "GUARD-B", "DC-CLEAR", "FIRST-AID")),  # 0–4
    GroupSpec(FULL, 7, 1980, ("CARGO",), ("GUARD-A", "GUARD-B", "ENGLISH")),  # 5–11
    GroupSpec(FULL, 2, 2080, ("CARGO",), ("GUARD-A", "GUARD-B", "DOG")),  # 12–13
    GroupSpec(FULL, 6, 1790, ("HOSP",), ("GUARD-A", "FIRST-AID")),  # 14–19
    GroupSpec(FULL, 4, 1760, ("MUSE",), ("GUARD-A", "FIRE", "FIRST-AID", "ENGLISH")),  # 20–23
    GroupSpec(FULL, 2, 1740, ("MALL", "UNI"), ("GUARD-A", "FIRST-AID")),  # 24–25
    GroupSpec(PART, 2, 1960, ("DATA",), ("GUARD-A", "GUARD-B", "DC-CLEAR")),  # 26–27
    GroupSpec(PART, 6, 1750, ("HOSP",), ("GUARD-A", "FIRST-AID")),  # 28–33
    GroupSpec(PART, 5, 1730, ("MUSE",), ("GUARD-A", "FIRE")),  # 34–38
    GroupSpec(PART, 4, 1720, ("MALL",), ("GUARD-A", "FIRST-AID", "ENGLISH")),  # 39–42
    GroupSpec(PART, 3, 1900, ("CARGO",), ("GUARD-A", "GUARD-B")),  # 43–45
    GroupSpec(NIGHT, 4, 2100, ("DATA", "CARGO"), ("GUARD-A", "GUARD-B", "DC-CLEAR")),  # 46–49
    GroupSpec(NIGHT, 3, 2120, ("CARGO",), ("GUARD-A", "GUARD-B", "DOG")),  # 50–52
    GroupSpec(NIGHT, 3, 1850, ("HOSP",), ("GUARD-A", "FIRST-AID")),  # 53–55
    GroupSpec(NIGHT, 2, 1840, ("MUSE",), ("GUARD-A", "FIRE", "FIRST-AID")),  # 56–57
    GroupSpec(NIGHT, 2, 1830, ("UNI", "MALL"), ("GUARD-A", "FIRST-AID")),  # 58–59
    GroupSpec(
        STUDENT, 8, 1420, ("UNI",), ("GUARD-A", "ENGLISH"), allowed=("UNI", "MALL", "ARENA"), raise_cents=0
    ),  # 60–67
    GroupSpec(STUDENT, 8, 1420, ("ARENA",), ("GUARD-A",), allowed=("ARENA", "MALL"), raise_cents=0),  # 68–75
    GroupSpec(STUDENT, 4, 1390, ("ARENA",), (), allowed=("ARENA",), raise_cents=0),  # 76–79
)

PEOPLE = {
    3: PersonSpec(expires={"DC-CLEAR": 16}),
    6: PersonSpec(preferred=("CARGO", "UNI")),
    9: PersonSpec(until_day=20),
    11: PersonSpec(preferred=("CARGO", "ARENA")),
    12: PersonSpec(expires={"DOG": 33}),
    13: PersonSpec(expires={"DOG": 36}),
    14: PersonSpec(expires={"FIRST-AID": 9}),
    16: PersonSpec(expires={"FIRST-AID": 18}, preferred=("HOSP", "UNI")),
    18: PersonSpec(barred=("UNI",)),
    19: PersonSpec(from_day=7),
    22: PersonSpec(preferred=("MUSE", "HOSP")),
    24: PersonSpec(expires={"FIRST-AID": -25}),
    25: PersonSpec(allowed=("UNI", "MALL", "HOSP", "MUSE", "ARENA")),
    29: PersonSpec(barred=("MALL",)),
    31: PersonSpec(allowed=("HOSP", "MALL")),
    33: PersonSpec(from_day=10),
    35: PersonSpec(expires={"FIRE": 12}),
    38: PersonSpec(preferred=("MUSE", "MALL")),
    41: PersonSpec(barred=("HOSP",)),
    45: PersonSpec(expires={"GUARD-B": 24}),
    50: PersonSpec(expires={"DOG": 33}),
    51: PersonSpec(expires={"DOG": 36}),
    52: PersonSpec(expires={"DOG": 13}),
    54: PersonSpec(until_day=23),
    59: PersonSpec(barred=("HOSP",), preferred=("UNI",)),
    70: PersonSpec(expires={"GUARD-A": 10}),
}

REQUESTED, DECLINED = Availability.Approval.REQUESTED, Availability.Approval.DECLINED
WANTED, UNWANTED = Availability.Kind.WANTED, Availability.Kind.UNWANTED

AWAY = (
    AwaySpec(1, 7, 7, LEAVE),
    AwaySpec(5, 0, 14, LEAVE),
    AwaySpec(8, 14, 7, LEAVE),
    AwaySpec(12, 21, 7, LEAVE),
    AwaySpec(15, 14, 14, LEAVE),
    AwaySpec(20, 3, 5, LEAVE),
    AwaySpec(23, -7, 7, LEAVE),
    AwaySpec(30, 7, 10, LEAVE),
    AwaySpec(36, 18, 7, LEAVE),
    AwaySpec(42, 0, 7, LEAVE),
    AwaySpec(48, 21, 7, LEAVE),
    AwaySpec(55, 7, 7, LEAVE),
    AwaySpec(63, 12, 12, "Examinations"),
    AwaySpec(17, -3, 6, SICK),
    AwaySpec(28, 0, 4, SICK),
    AwaySpec(44, -9, 5, SICK),
    AwaySpec(72, 1, 6, SICK),
    AwaySpec(10, 12, 3, LEAVE, approval=REQUESTED),
    AwaySpec(39, 24, 4, LEAVE, approval=REQUESTED),
    AwaySpec(21, 19, 7, LEAVE, approval=DECLINED),
    AwaySpec(2, 12, 2, "Wedding", UNWANTED, weight=40),
    AwaySpec(7, 5, 2, "Football tournament", UNWANTED, weight=25),
    AwaySpec(13, 18, 3, "Family visit", UNWANTED, weight=30),
    AwaySpec(16, 0, 28, "Prefers earlies", WANTED, shift_type="E", weight=5),
    AwaySpec(26, 6, 1, "Birthday", UNWANTED, weight=20),
    AwaySpec(32, 0, 28, "Prefers no nights", UNWANTED, shift_type="N", weight=8),
    AwaySpec(40, 4, 1, "Would like the late shift", WANTED, shift_type="L", weight=15),
    AwaySpec(50, 9, 1, "Would like the patrol", WANTED, shift_type="P", weight=15),
    AwaySpec(57, 26, 2, "Move of house", UNWANTED, weight=30),
    AwaySpec(65, 11, 1, "Wants the event", WANTED, shift_type="EV", weight=20),
    AwaySpec(68, 18, 1, "Wants the event", WANTED, shift_type="EV", weight=20),
)

WEEKLY = (
    WeeklySpec(24, WEEKDAYS, "06:30", "08:30", "School run"),
    WeeklySpec(33, WEEKDAYS, "07:00", "08:45", "School run"),
    WeeklySpec(37, (0, 2), "17:00", "21:00", "Evening school"),
    WeeklySpec(61, (0, 1, 3), "09:00", "16:00", "Lectures"),
    WeeklySpec(66, (2, 4), "08:00", "13:00", "Lectures"),
    WeeklySpec(29, (4,), "12:00", "15:00", "Friday prayer"),
)

NORTHGATE = OrganizationSpec(
    slug="northgate",
    name="Northgate Security",
    time_zone="Europe/Berlin",
    currency="EUR",
    country="DE",
    subdivision="BE",
    phone="+49 30 5550",
    manager="demo",
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
    generated="MUSE",
)
