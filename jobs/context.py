"""What a handler holds: its parameters, a way to report, a way to learn that it should stop, a way to publish."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, transaction

from jobs import conf, lifecycle
from jobs.exceptions import JobCancelled, LeaseLost
from jobs.models import JobRun
from jobs.patience import DATABASE_ERRORS, outlast
from jobs.pulse import Pulse
from jobs.states import Control, ShouldStop

T = TypeVar("T")

logger = logging.getLogger(__name__)

HISTORY_POINTS = 200


@dataclass(frozen=True)
class JobView:
    """The job as its handler may read it."""

    id: uuid.UUID
    kind: str
    subject: str
    organization_id: int | None
    requested_by_id: int | None
    attempt: int
    retry_of_id: uuid.UUID | None
    params: dict[str, Any] = field(default_factory=dict)


def view_of(job: JobRun) -> JobView:
    """A read-only copy of a claimed row."""
    return JobView(
        id=job.pk,
        kind=job.kind,
        subject=job.subject,
        organization_id=job.organization_id,
        requested_by_id=job.requested_by_id,
        attempt=job.attempt,
        retry_of_id=job.retry_of_id,
        params=dict(job.params),
    )


class JobContext:
    """Handed to the handler of a job. Every method may be called from any thread of the handler's process.

    `report`, `should_stop`, `checkpoint` and `publish` raise `LeaseLost` once the attempt no longer holds the job;
    let it pass: the runner knows what it means.
    """

    def __init__(self, job: JobView, pulse: Pulse) -> None:
        self._job = job
        self._pulse = pulse
        self._began = time.monotonic()
        self._history_lock = threading.Lock()
        self._history: list[list[float | None]] = []
        self._published = False

    @property
    def job(self) -> JobView:
        return self._job

    @property
    def params(self) -> dict[str, Any]:
        return dict(self._job.params)

    @property
    def published(self) -> bool:
        """Whether `publish` has ended the job."""
        return self._published

    def report(
        self,
        *,
        progress: float | None = None,
        stage: str | None = None,
        message: str | None = None,
        objective: float | None = None,
        bound: float | None = None,
        gap: float | None = None,
        coverage: float | None = None,
    ) -> None:
        """Say where the work stands; costs nothing, so call it as often as there is news.

        `progress` is 0–100 and never falls within an attempt; `gap` and `coverage` are percentages. Written to the
        row about twice a second, outside any transaction of the handler. A new objective or coverage becomes a
        point of the job's chart.
        """
        if self._published:
            return
        self._check_lease()
        changes: dict[str, Any] = {}
        if progress is not None and math.isfinite(progress):
            changes["progress"] = int(min(100, max(0, progress)))
        if stage is not None:
            changes["stage"] = stage[:100]
        if message is not None:
            changes["message"] = message[:500]
        figures = {"objective": objective, "bound": bound, "gap": gap, "coverage": coverage}
        for name, value in figures.items():
            if value is not None and math.isfinite(value):
                changes[name] = float(value)
        with self._history_lock:
            if self._is_news(changes):
                changes["history"] = list(self._history)
        if changes:
            self._pulse.note(changes)

    def should_stop(self) -> ShouldStop:
        """Whether to go on; reads memory, so it may be asked in the innermost loop.

        STOP: return (or publish) the best so far, soon. CANCEL: give up and write nothing; raise `JobCancelled` or
        just return. A worker that is shutting down also says CANCEL, and the job goes back to the queue.
        """
        self._pulse.look()
        if self._published:
            return ShouldStop.NONE
        self._check_lease()
        return self._pulse.verdict

    def checkpoint(self, write: Callable[[], T]) -> T:
        """Run writes on the way in one short transaction fenced by attempt.

        Raises `JobCancelled` when the job was cancelled meanwhile and `LeaseLost` when another attempt holds it;
        then nothing is written. The job goes on.
        """
        with self._pulse.silence(), transaction.atomic():
            self._hold()
            return write()

    def try_checkpoint(self, write: Callable[[], object]) -> bool:
        """As `checkpoint`, for what the job can do without (a better roster to look at): False while the database is
        away and nothing was written."""
        try:
            self.checkpoint(write)
        except DATABASE_ERRORS as error:
            if not self._pulse.beats_by_itself:
                raise
            logger.warning("Job %s goes on without what it wrote on the way: %s", self._job.id, error)
            connection.close()
            return False
        return True

    def publish(self, write: Callable[[], Mapping[str, Any] | None]) -> dict[str, Any]:
        """Run the final writes and end the job as succeeded, in one short transaction fenced by attempt.

        What `write` returns becomes the job's result, and is returned. Raises `JobCancelled` and `LeaseLost` as
        `checkpoint` does. If `write` raises, all of it is undone and the job has not ended. A database that is away
        is waited for as long as a lease, and `write` run again.
        """
        patience = conf.lease_seconds() if self._pulse.beats_by_itself else 0
        return outlast(lambda: self._publish(write), seconds=patience)

    def _publish(self, write: Callable[[], Mapping[str, Any] | None]) -> dict[str, Any]:
        self._check_lease()
        with self._pulse.silence():
            with transaction.atomic():
                row = self._hold()
                result = dict(write() or {})
                lifecycle.succeed(row, result=result, figures=self._pulse.figures)
            self._published = True
            self._pulse.end()
        return result

    def _hold(self) -> JobRun:
        row = lifecycle.hold(self._job.id, self._job.attempt)
        if row.control == Control.CANCEL or row.hand_back:
            raise JobCancelled("The job was cancelled before its result was written.")
        return row

    def _check_lease(self) -> None:
        if self._pulse.lost:
            raise LeaseLost("Another attempt holds this job, or it has ended.")

    def _is_news(self, changes: Mapping[str, Any]) -> bool:
        if not changes.keys() & {"objective", "coverage"}:
            return False
        known = {**self._pulse.figures, **changes}
        point = [known.get("objective"), known.get("coverage")]
        if self._history and self._history[-1][1:] == point:
            return False
        self._history.append([round(time.monotonic() - self._began, 2), *point])
        if len(self._history) > HISTORY_POINTS:
            older = self._history[: HISTORY_POINTS // 2]
            self._history = older[::2] + self._history[HISTORY_POINTS // 2 :]
        return True
