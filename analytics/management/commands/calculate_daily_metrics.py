"""`manage.py calculate_daily_metrics`: fill `analytics_daily_metrics` for days past."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analytics.services.daily_metrics import MOST_DAYS, calculate, check_ended
from rostering.management.arguments import add_organization, day, organizations
from rostering.models import Organization
from rostering.selectors.periods import Period, today


class Command(BaseCommand):
    """Recomputes days that are there and adds those that are not; running it again changes nothing."""

    help = "Compute daily metrics for days past, for one organization or all active ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """From when to when, and whose."""
        parser.add_argument(
            "--from",
            dest="first",
            type=day,
            metavar="YYYY-MM-DD",
            help="First day; default the last day alone.",
        )
        parser.add_argument(
            "--to", dest="last", type=day, metavar="YYYY-MM-DD", help="Last day; default each one's yesterday."
        )
        add_organization(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Organization by organization, each month in one go; one that fails stops no other."""
        first, last = options["first"], options["last"]
        if first and last and last < first:
            raise CommandError(f"The last day {last} lies before the first day {first}; swap --from and --to.")
        chosen = organizations(options["organization"])
        failed = [
            organization.slug
            for number, organization in enumerate(chosen, start=1)
            if not self._one(organization, first, last, f"{number}/{len(chosen)}")
        ]
        if failed:
            raise CommandError(f"Not computed: {', '.join(failed)}. The others are done.")

    def _one(self, organization: Organization, first: date | None, last: date | None, place: str) -> bool:
        try:
            end = last or today(organization) - timedelta(days=1)
            period = Period(organization, first or end, end)
            check_ended(period)
            done = sum(calculate(part) for part in parts(period))
        except Exception as error:
            told = (
                " ".join(error.messages) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
            )
            self.stderr.write(f"{place} {organization.slug}: {told}")
            return False
        self.stdout.write(
            f"{place} {organization.slug}: {done} day{'' if done == 1 else 's'} ({period.first} to {period.last})."
        )
        return True


def parts(period: Period) -> list[Period]:
    """The period in pieces small enough to compute at once."""
    firsts = range(0, (period.last - period.first).days + 1, MOST_DAYS)
    return [
        Period(
            period.organization,
            period.first + timedelta(days=offset),
            min(period.last, period.first + timedelta(days=offset + MOST_DAYS - 1)),
        )
        for offset in firsts
    ]
