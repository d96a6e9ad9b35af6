"""Query parameters, each wrong one refused with a sentence."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from rostering.api.fields import LARGEST_ID
from rostering.days import check_day


def integer_parameter(
    request: Request, name: str, *, default: int | None = None, least: int = 1, most: int = LARGEST_ID
) -> int | None:
    """A whole number from the query string. Raises ValidationError naming the parameter and its range."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if text.isascii() and text.lstrip("-").isdecimal() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    up_to = f" to {most}" if most < LARGEST_ID else " or more"
    raise ValidationError({name: [f"“{text}” is no whole number of {least}{up_to}."]})


def number_parameter(request: Request, name: str, *, default: int, least: int = 1, most: int) -> int:
    """As `integer_parameter`, with a default."""
    found = integer_parameter(request, name, default=default, least=least, most=most)
    return default if found is None else found


def date_parameter(request: Request, name: str) -> date | None:
    """A date from the query string. Raises ValidationError naming the parameter."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        check_day(day)
    except DjangoValidationError as error:
        raise ValidationError({name: error.messages}) from None
    except ValueError:
        raise ValidationError({name: [f"“{text}” is no date; write it as 2025-11-10."]}) from None
    return day
