"""Which dates there are: one sentence for the year 9999 and its like, before they overflow somewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date

from django.core.exceptions import ValidationError

FIRST_YEAR, LAST_YEAR = 1900, 2199


def check_day(value: date) -> None:
    """Refuse, by ValidationError, a date or moment whose year nobody means; for fields of models, forms and the API."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(f"The year {value.year:04} is out of range; dates go from {FIRST_YEAR} to {LAST_YEAR}.")


def day_argument(text: str) -> date:
    """A date as YYYY-MM-DD, for argparse. Raises ArgumentTypeError with a sentence."""
    try:
        day = date.fromisoformat(text)
        check_day(day)
    except ValidationError as error:
        raise ArgumentTypeError(" ".join(error.messages)) from None
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no date; write it as 2027-01-31.") from None
    return day
