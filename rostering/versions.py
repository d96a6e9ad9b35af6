"""The version of an organization's data, as triggers count it (migration 0006).

Promise: *a value computed after its version was read is never older than that version; two readers who read the same
version look at the same committed data.* Whoever stores a value under a version may serve it to anybody who reads this
version later.

Why. The version of a topic is the sum of its rows in `data_version`; each transaction that writes the topic adds a
positive step to one of them, and its step becomes visible in the very instant its writes do. PostgreSQL's snapshots
are nested: of two, one has seen every transaction that the other has. So equal sums mean the same set of writers.

- *Reader.* It reads version v in snapshot S, then computes, each statement in a snapshot as new as S or newer (READ
  COMMITTED), or in S itself (REPEATABLE READ). The value therefore holds everything that S holds, and perhaps more.
- *Later reader.* Its request begins after the commits it may expect to see, its snapshot S' sees them; it reads v only
  when S' holds the same writers as S. So the value stored under v holds all that S' holds. A value that caught newer
  data under v does no harm: since that data is committed, everybody who begins later reads another version.
- *Two writers at once*, neither committed: each adds to a row of its own (`FOR UPDATE SKIP LOCKED`, else a new row), so
  neither waits for the other, in whatever order they write topics, and neither can overwrite the other's step. A reader
  between their commits sees the sum with one step, after both with two. A counter made of a sequence, or the largest
  transaction id, would fail here: the writer with the lower number may commit last and change nothing.
- *One bump for each transaction and topic* is enough, for nobody else sees the states in between. The transaction
  itself does, so it must not cache what it reads: `read` gives None once the transaction has written anything.
- *Rolled back*, to a savepoint or whole: the step goes with the writes. Steps are random, so the next writer does not
  arrive at the number that was taken back; nor does a database restored from a backup.
- *What else is read*: rows loaded before the version (the organization, when the user signed in) may be older than it.
  Whoever computes must load them again; `rostering.cache.views` does.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from rostering.models import Organization, Topic

COLUMNS = """
    pg_current_xact_id_if_assigned() IS NOT NULL AS has_written,
    ARRAY(
        SELECT part.topic || '-' || part.version FROM data_version AS part WHERE part.organization_id = organization.id
    ) AS versions
"""
"""Of each organization in a statement, what `of` asks for: the statement that finds it brings its versions along.

They are added up here: in the statement, which every request makes, this would take as long as all the rest of it.
"""

READ = f"SELECT organization.*, {COLUMNS} FROM rostering_organization AS organization WHERE organization.id = %s"  # noqa: S608


@dataclass(frozen=True)
class Versions:
    """The versions of some topics of one organization, and its time zone, as one snapshot saw them."""

    organization_id: int
    time_zone: str
    numbers: tuple[tuple[str, int], ...]

    @property
    def today(self) -> date:
        """The date it is now in the organization's zone."""
        return timezone.now().astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()

    def __str__(self) -> str:
        return ".".join(f"{topic}-{number:x}" for topic, number in self.numbers)


def read(organization_id: int, topics: Iterable[Topic]) -> Versions | None:
    """The versions of these topics, in one query; None where nothing may be cached.

    That is so inside a transaction that has written, and while a topic has no version: after somebody emptied the
    table, until the topic is written again.
    """
    return next((_of(found, topics) for found in Organization.objects.raw(READ, [organization_id])), None)


def of(organization: Organization, topics: Iterable[Topic]) -> Versions | None:
    """As `read`, but asking nothing where the statement that loaded the organization had `COLUMNS`.

    The snapshot is then that statement's, which is as good as a newer one to whoever began before it.
    """
    return _of(organization, topics) if hasattr(organization, "versions") else read(organization.pk, topics)


def _of(organization: Any, topics: Iterable[Topic]) -> Versions | None:
    sums: dict[str, int] = {}
    for part in organization.versions:
        topic, _, number = part.partition("-")
        sums[topic] = sums.get(topic, 0) + int(number)
    asked = sorted({str(topic.value) for topic in topics})
    if organization.has_written or not sums.keys() >= set(asked):
        return None
    return Versions(organization.pk, organization.time_zone, tuple((topic, sums[topic]) for topic in asked))
