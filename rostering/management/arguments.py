"""Arguments that several commands take, read and refused alike."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from rostering.days import check_day
from rostering.models import Organization


def day(text: str) -> date:
    """A date as YYYY-MM-DD, for argparse. Raises ArgumentTypeError with a sentence."""
    try:
        found = date.fromisoformat(text)
        check_day(found)
    except ValidationError as error:
        raise ArgumentTypeError(" ".join(error.messages)) from None
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no date; write it as 2027-01-31.") from None
    return found


def add_organization(parser: CommandParser) -> None:
    """`--organization SLUG`, for `organizations` to read."""
    parser.add_argument("--organization", metavar="SLUG", help="Only this one; otherwise every active one.")


def organizations(slug: str | None) -> list[Organization]:
    """The one named, active or not; without a name every active one by slug. Raises CommandError when there is none."""
    if slug is None:
        return list(Organization.objects.filter(active=True).order_by("slug"))
    return [organization_named(slug)]


def organization_named(slug: str) -> Organization:
    """The one, active or not. Raises CommandError when there is none."""
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"No organization “{slug}”.")
    return found
