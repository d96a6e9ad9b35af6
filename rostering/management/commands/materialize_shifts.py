"""`manage.py materialize_shifts`: make the shifts of recurring patterns for coming days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rostering.days import day_argument
from rostering.models import Organization
from rostering.services.patterns import materialize


class Command(BaseCommand):
    """Makes missing shifts; running it again makes none twice."""

    help = "Make the shifts of recurring patterns, for one organization or all active ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization, and from when to when."""
        parser.add_argument("--organization", metavar="SLUG", help="Only this one; otherwise every active one.")
        parser.add_argument(
            "--from", dest="first", type=day_argument, metavar="YYYY-MM-DD", help="First day; default today."
        )
        parser.add_argument(
            "--to",
            dest="last",
            type=day_argument,
            metavar="YYYY-MM-DD",
            help="Last day; default two roster periods on.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, organization by organization."""
        for organization in self._organizations(options["organization"]):
            first = options["first"] or timezone.localdate(timezone=organization.tz)
            last = options["last"] or first + timedelta(days=2 * organization.roster_days - 1)
            try:
                made = materialize(organization=organization, first_day=first, last_day=last)
            except ValidationError as error:
                raise CommandError(f"{organization.slug}: {' '.join(error.messages)}") from error
            self.stdout.write(
                f"{organization.slug}: {made.created} shifts made, {made.existing} there already ({first} to {last})."
            )

    def _organizations(self, slug: str | None) -> list[Organization]:
        if slug is None:
            return list(Organization.objects.filter(active=True).order_by("slug"))
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"No organization “{slug}”.")
        return [found]
