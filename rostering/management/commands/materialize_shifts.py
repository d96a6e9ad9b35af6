"""`manage.py materialize_shifts`: make the shifts of recurring patterns for coming days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rostering.management.arguments import add_organization, day, organizations
from rostering.services.patterns import materialize


class Command(BaseCommand):
    """Makes missing shifts; running it again makes none twice."""

    help = "Make the shifts of recurring patterns, for one organization or all active ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization, and from when to when."""
        add_organization(parser)
        parser.add_argument("--from", dest="first", type=day, metavar="YYYY-MM-DD", help="First day; default today.")
        parser.add_argument(
            "--to",
            dest="last",
            type=day,
            metavar="YYYY-MM-DD",
            help="Last day; default two roster periods on.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, organization by organization."""
        for organization in organizations(options["organization"]):
            first = options["first"] or timezone.localdate(timezone=organization.tz)
            last = options["last"] or first + timedelta(days=2 * organization.roster_days - 1)
            try:
                made = materialize(organization=organization, first_day=first, last_day=last)
            except ValidationError as error:
                raise CommandError(f"{organization.slug}: {' '.join(error.messages)}") from error
            self.stdout.write(
                f"{organization.slug}: {made.created} shifts made, {made.existing} there already ({first} to {last})."
            )
