"""A crew of Celery workers, with worker processes of its own for what nobody else takes."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, Self

from django.conf import settings

from rostering.fanout.channel import Json, connect
from rostering.fanout.remote import Remote, RemoteError
from rostering.solver.crew import TICK_SECONDS, Crew
from rostering.solver.result import CrewLike

log = logging.getLogger(__name__)

PROBE_SECONDS = 30.0
"""How often to see whether more workers listen by now."""


def chosen_crew() -> Callable[[int], CrewLike] | None:
    """The crew that SOLVER_PARTS asks for; None for worker processes of the job's own."""
    parts = int(settings.SOLVER_PARTS)
    return (lambda threads: CeleryCrew(redis_url(), parts, threads)) if parts else None


def redis_url() -> str:
    """Where crews and tasks meet."""
    return str(settings.CACHES["default"]["LOCATION"])


class CeleryCrew:
    """Up to `parts` requests at once as Celery tasks; `threads` worker processes where there are too few workers.

    `places` is how many parts the workers are believed to take: what nobody takes lowers it, a probe now and then
    raises it again.
    """

    def __init__(self, url: str, parts: int, threads: int) -> None:
        self.client, self.parts = connect(url), parts
        self.places, self.probing, self.probe_at = parts, False, 0.0
        self.down = self.stopping = False
        self.local = _Local(Crew(threads))
        self.remote = Remote(self.client)

    @property
    def size(self) -> int:
        """How many parts are solved at once, as far as is known."""
        return self.places if self.places == self.parts else self.places + self.local.crew.size

    def end(self) -> None:
        """Let everybody go."""
        self.local.crew.end()
        self.client.close()

    def work(self, requests: Iterator[Json]) -> Generator[Json | None, None, None]:
        """As `solver.crew.Crew.work`; closing it early ends the tasks still at work, too."""
        self.stopping = False
        self.remote = Remote(self.client)
        try:
            while self._employ(requests) or self.remote.sent or self.local.tasks:
                yield from self._listen()
        finally:
            self.local.close()
            self.remote.end(tell=not self.down)

    def ask_to_stop(self) -> None:
        """Ask for the best found so far; answers still come through `work`."""
        self.stopping = True
        self.local.ask_to_stop()
        if self.remote.sent and not self.down:
            try:
                self.remote.stop()
            except RemoteError as error:
                self._give_up(error)

    def _employ(self, requests: Iterator[Json]) -> bool:
        """Give out requests while anybody is free; whether any was given."""
        employed = False
        while not self.stopping:
            remote = self._has_place()
            if not remote and (self.places == self.parts or len(self.local.tasks) >= self.local.crew.size):
                break
            request = next(requests, None)
            if request is None:
                break
            employed = True
            if not remote:
                self.local.take(request)
                continue
            try:
                self.remote.send(request)
            except RemoteError as error:
                self._give_up(error, request)
        return employed

    def _has_place(self) -> bool:
        if self.down:
            return False
        if self.places < self.parts and time.monotonic() >= self.probe_at:
            self.probing, self.probe_at = True, time.monotonic() + PROBE_SECONDS
            self.places += 1
        return len(self.remote.sent) < self.places

    def _listen(self) -> Generator[Json | None, None, None]:
        said = False
        if self.local.tasks:
            message = self.local.hear()
            if message is not None:
                said = True
                yield message
        while self.remote.sent and not self.down:
            try:
                message = self.remote.hear(0.0 if said or self.local.tasks else TICK_SECONDS)
            except RemoteError as error:
                self._give_up(error)
                break
            if message is None:
                break
            said = True
            if message["event"] == "started":
                self._taken()
            elif message["event"] == "untaken":
                self._untaken(message["request"])
            else:
                yield message
        if not said:
            yield None

    def _taken(self) -> None:
        if self.probing and self.remote.claimed >= self.places:
            self.places = min(self.parts, 2 * self.places)

    def _untaken(self, request: Json) -> None:
        """Fewer workers listen than were thought; the part is ours."""
        if self.places == self.parts:
            log.info("No worker took a part of the roster from the queue; it is solved by the job's own processes.")
        self.places, self.probing = self.remote.claimed, False
        self.probe_at = time.monotonic() + PROBE_SECONDS
        if not self.stopping:
            self.local.take(request)

    def _give_up(self, error: RemoteError, request: Json | None = None) -> None:
        """Go on alone, for good."""
        log.warning("Parts of the roster cannot be given to other workers (%s); they are solved here.", error)
        self.down, self.places = True, 0
        left = {int(lost["task"]): lost for lost in self.remote.take_back()}
        if request is not None:
            left[int(request["task"])] = request
        if not self.stopping:
            for task in sorted(left):
                self.local.take(left[task])


class _Local:
    """Worker processes fed one request at a time, looked at between other things."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.queue: deque[Json] = deque()
        self.tasks: set[int] = set()
        self.messages: Generator[Json | None, None, None] | None = None

    def take(self, request: Json) -> None:
        """One more request, to be done when somebody is free."""
        self.tasks.add(int(request["task"]))
        self.queue.append(request)

    def hear(self) -> dict[str, Any] | None:
        """The next message; None when nothing came for a moment. Raises CrewError when processes keep dying."""
        if self.messages is None:
            self.messages = self.crew.work(self)
        try:
            message = next(self.messages)
        except StopIteration:
            self.messages = None
            return None
        if message is not None and message["event"] in ("done", "failed"):
            self.tasks.discard(int(message["task"]))
        return message

    def ask_to_stop(self) -> None:
        """Drop what nobody has begun; ask for the best of the rest."""
        self.tasks -= {int(request["task"]) for request in self.queue}
        self.queue.clear()
        if self.messages is not None:
            self.crew.ask_to_stop()

    def close(self) -> None:
        """End whatever is at work."""
        if self.messages is not None:
            self.messages.close()
        self.messages = None
        self.queue.clear()
        self.tasks.clear()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Json:
        """The requests that have come in so far; more may come after it said that there is none."""
        if not self.queue:
            raise StopIteration
        return self.queue.popleft()
