"""One piece of work for many organizations: one that fails is reported and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, connection, transaction

from jobs.states import ShouldStop
from rostering.models import Organization

log = logging.getLogger(__name__)

O = TypeVar("O", bound=Organization)  # noqa: E741  an organization, perhaps with annotations
SENTENCES_SHOWN = 20


class Watcher(Protocol):
    """What is told about progress and asked whether to go on; `jobs.context.JobContext` is one."""

    def report(self, *, progress: float | None = None, message: str | None = None) -> None: ...

    def should_stop(self) -> ShouldStop: ...


@dataclass
class Batch:
    """How it went: organizations with news, rows written, and a sentence for each organization that failed."""

    organizations: int = 0
    rows: int = 0
    failures: list[str] = field(default_factory=list)
    stopped: ShouldStop = ShouldStop.NONE

    @property
    def failed(self) -> str:
        """All failures in a paragraph; "" without any."""
        if not self.failures:
            return ""
        shown = " ".join(self.failures[:SENTENCES_SHOWN])
        more = len(self.failures) - SENTENCES_SHOWN
        return f"{shown} And {more} more." if more > 0 else shown


def for_each(organizations: Iterable[O], work: Callable[[O], int], *, watcher: Watcher) -> Batch:
    """Run `work`, which says how many rows it wrote, for one organization after the other, each in a transaction.

    Raises what the connection raises once the database is gone; everything else becomes a failure of the batch.
    """
    batch, rows = Batch(), list(organizations)
    for number, organization in enumerate(rows):
        batch.stopped = watcher.should_stop()
        if batch.stopped is not ShouldStop.NONE:
            break
        watcher.report(progress=100 * number / len(rows), message=f"{organization.name} ({number + 1} of {len(rows)})")
        try:
            with transaction.atomic():
                written = work(organization)
        except Exception as error:
            if isinstance(error, DatabaseError | InterfaceError) and not connection.is_usable():
                raise
            log.exception("The figures of %s could not be calculated.", organization.slug)
            batch.failures.append(f"{organization.name}: {_sentence(error)}")
        else:
            batch.organizations += written > 0
            batch.rows += written
    return batch


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    told = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{f', {told}' if told else ''}."
