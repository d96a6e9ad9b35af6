"""Which dates there are: one sentence for the year 9999 and its like, before they overflow somewhere."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError

FIRST_YEAR, LAST_YEAR = 1900, 2199


def check_day(value: date) -> None:
    """Refuse, by ValidationError, a date or moment whose year nobody means; for fields of models, forms and the API."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(f"The year {value.year:04} is out of range; dates go from {FIRST_YEAR} to {LAST_YEAR}.")
