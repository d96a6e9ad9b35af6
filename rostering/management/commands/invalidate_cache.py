"""`manage.py invalidate_cache PATTERN`: delete kept answers, such as `dashboard:*`."""

from __future__ import annotations

from typing import Any

import redis
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rostering.cache import operation
from rostering.cache.keys import AREAS


class Command(BaseCommand):
    """Deletes nothing but answers. Answers follow the data by themselves; this is for when data came in behind the
    triggers' back, or to free memory."""

    help = f"Delete kept answers by pattern: {', '.join(f'{area}:*' for area in AREAS)}, or narrower."

    def add_arguments(self, parser: CommandParser) -> None:
        """The patterns."""
        parser.add_argument("pattern", nargs="+", metavar="PATTERN", help="Such as dashboard:* or dashboard:metrics:*.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, pattern by pattern; a wrong one among them and nothing is deleted."""
        patterns: list[str] = options["pattern"]
        act = operation.count if options["dry_run"] else operation.delete
        done = "would be deleted" if options["dry_run"] else "deleted"
        try:
            for pattern in patterns:
                operation.checked_pattern(pattern)
            for pattern in patterns:
                self.stdout.write(f"{pattern}: {act(pattern)} answers {done}.")
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except redis.RedisError as error:
            raise CommandError(f"The cache server does not answer ({error}); what it holds is not deleted.") from error
