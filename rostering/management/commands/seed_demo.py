"""`manage.py seed_demo`: two organizations to look at Muster with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rostering.demo.seeding import remove, seed
from rostering.exceptions import Conflict
from rostering.management.arguments import day


class Command(BaseCommand):
    """Does nothing when they exist; only in demo mode, since everybody knows the passwords."""

    help = "Make the demo organizations and the sign-ins demo/demo, other/other and admin/admin."

    def add_arguments(self, parser: CommandParser) -> None:
        """From when on, and whether to begin anew."""
        parser.add_argument(
            "--from",
            dest="first",
            type=day,
            metavar="YYYY-MM-DD",
            help="First day to roster; default next Monday.",
        )
        parser.add_argument("--reset", action="store_true", help="Delete the demo organizations first.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say what was made."""
        if not settings.DEMO:
            raise CommandError("Demo data comes with well-known passwords; set MUSTER_DEMO=true to allow it.")
        try:
            if options["reset"]:
                remove()
            made = seed(first_day=options["first"])
        except Conflict as conflict:
            raise CommandError(" ".join([conflict.sentence, *conflict.violations])) from conflict
        for organization in made:
            self.stdout.write(f"Made {organization}.")
        if not made:
            self.stdout.write("The demo organizations exist already; --reset makes them anew.")
