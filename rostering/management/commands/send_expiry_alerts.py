"""`manage.py send_expiry_alerts`: what the daily schedule does, now, or only shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rostering.days import day_argument
from rostering.models import Organization
from rostering.selectors.demand import local_midnight
from rostering.services.expiry_alerts import create_alerts, undelivered_alerts
from rostering.services.mailing import deliver
from rostering.wording import counted


class Command(BaseCommand):
    """Tells each person once, however often it runs."""

    help = "Tell people of certifications that run out, for one organization or all active ones, and send the e-mails."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization, as of when, and whether to only look."""
        parser.add_argument("--organization", metavar="SLUG", help="Only this one; otherwise every active one.")
        parser.add_argument(
            "--date", type=day_argument, metavar="YYYY-MM-DD", help="As if it were this day; default today."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Show who would be told what; write and send nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the alerts organization by organization, then send them; with --dry-run only list them."""
        chosen = self._organizations(options["organization"])
        for organization in chosen:
            now: datetime | None = local_midnight(options["date"], organization) if options["date"] else None
            if options["dry_run"]:
                self._show(organization, now)
                continue
            notices = create_alerts(organization=organization, now=now)
            self.stdout.write(f"{organization.slug}: {counted(len(notices), 'notification')} written.")
        if not options["dry_run"]:
            self._send(chosen[0] if options["organization"] else None)

    def _show(self, organization: Organization, now: datetime | None) -> None:
        notices = undelivered_alerts(organization, now)
        self.stdout.write(f"{organization.slug}: {counted(len(notices), 'notification')} to write.")
        for notice in notices:
            address = getattr(notice.user, "email", "") or "no e-mail address"
            self.stdout.write(f"  To {notice.user} ({address}): {notice.subject}")
            for line in notice.body.splitlines():
                self.stdout.write(f"    {line}")

    def _send(self, organization: Organization | None) -> None:
        done = deliver(organization=organization)
        self.stdout.write(
            f"{counted(done.sent, 'e-mail')} sent, {done.refused} refused, "
            f"{counted(done.waiting, 'notification')} waiting."
        )
        if done.trouble:
            raise CommandError(f"The mail server failed ({done.trouble}). What was written is sent later by itself.")

    def _organizations(self, slug: str | None) -> list[Organization]:
        if slug is None:
            return list(Organization.objects.filter(active=True).order_by("slug"))
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"No organization “{slug}”.")
        return [found]
