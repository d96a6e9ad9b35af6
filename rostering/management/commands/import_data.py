"""`manage.py import_data`: a folder of CSV and XLSX files into an organization; see docs/imports.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rostering.management.arguments import organization_named
from rostering.models import Organization
from rostering.resources import ImportRefused
from rostering.services.imports import FolderReport, import_folder, write_templates


class Command(BaseCommand):
    """All files or none; exits with an error, and nothing changed, when anything is wrong."""

    help = "Import a folder of CSV and XLSX files (sites, staff, shifts …) into an organization."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the files are, and whose they are."""
        parser.add_argument("folder", type=Path, help="The folder, with files such as sites.csv and staff.xlsx.")
        parser.add_argument("--organization", metavar="SLUG", help="The organization to import into.")
        parser.add_argument("--dry-run", action="store_true", help="Try everything and change nothing.")
        parser.add_argument(
            "--template", action="store_true", help="Write an example of every file into the folder instead."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or write the templates."""
        try:
            if options["template"]:
                for path in write_templates(folder=options["folder"]):
                    self.stdout.write(f"{path}")
                return
            organization = self._organization(options["organization"])
            report = import_folder(organization=organization, folder=options["folder"], dry_run=options["dry_run"])
        except ImportRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(report)
        self._conclude(report, dry_run=options["dry_run"])

    def _organization(self, slug: str | None) -> Organization:
        if not slug:
            raise CommandError("Name the organization to import into: --organization SLUG.")
        return organization_named(slug)

    def _print(self, report: FolderReport) -> None:
        self.stdout.write(f"{'file':<28}{'created':>9}{'updated':>9}{'skipped':>9}{'errors':>9}")
        for file in report.files:
            self.stdout.write(f"{file.file:<28}{file.created:>9}{file.updated:>9}{file.unchanged:>9}{file.wrong:>9}")
        for name in report.untried:
            self.stdout.write(f"{name:<28}{'not tried':>36}")

    def _conclude(self, report: FolderReport, *, dry_run: bool) -> None:
        if not report.ok:
            for file in report.files:
                for sentence in file.errors:
                    self.stderr.write(sentence)
            raise CommandError("Nothing was imported.")
        self.stdout.write("Dry run: nothing was changed." if dry_run else "Imported.")
