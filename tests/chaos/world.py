"""What is in the database that every case starts from."""

from __future__ import annotations

from datetime import date

FIRST_DAY = date(2027, 2, 1)
"""A Monday, the first day with demand."""
OPERATOR = "operator"
"""A user who sees every job."""
WARD, WARD_STAFF, WARD_DAYS = "ward", 26, 28
"""A hospital ward around the clock: large enough that the exact model keeps CBC busy past any time limit used here."""
CROWD, CROWD_WEEKS = 20, 10
"""Small organizations, and the weeks with one shift each that they have: one job a week, up to the cap."""
FANOUT, FANOUT_SITES, FANOUT_STAFF_PER_SITE = "fanout", 5, 40
"""Large enough to be solved in parts."""


def crowd_name(number: int) -> str:
    """Slug and manager of a small organization."""
    return f"crowd-{number:02}"
