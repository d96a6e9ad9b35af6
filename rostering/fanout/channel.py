"""What a crew and its tasks say to each other: keys of one run in Redis, all of which expire."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Json = dict[str, Any]

LEASE_SECONDS = 15
"""A run whose crew says nothing for so long is over: its parts stop by themselves."""
KEPT_SECONDS = 120
"""How long what was said is kept when nobody reads it."""
CLAIM_SECONDS = 24 * 3600
"""Claims outlast every part, so that none is solved twice."""
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0

WITHDRAWN = "crew"


def connect(url: str) -> redis.Redis:
    """A client that gives up soon: whoever waits for Redis is solving a roster against the clock."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Channel:
    """The keys of one run. Every method raises redis.RedisError when the server is down or hangs."""

    def __init__(self, client: redis.Redis, run: str) -> None:
        self.client, self.run = client, run
        self._messages, self._lease, self._stop = (f"solver:{run}:{name}" for name in ("messages", "lease", "stop"))

    def _claim(self, task: int, attempt: int) -> str:
        return f"solver:{self.run}:claim:{task}:{attempt}"

    def _request(self, task: int) -> str:
        return f"solver:{self.run}:request:{task}"

    # -- the crew --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The crew is alive."""
        self.client.set(self._lease, 1, ex=LEASE_SECONDS)

    def offer(self, request: Json) -> None:
        """Lay a part out for whoever takes it. It expires, as a message in a queue without workers never would."""
        self.client.set(self._request(request["task"]), json.dumps(request), ex=KEPT_SECONDS)

    def hear(self, seconds: float) -> Json | None:
        """The next message; waits so long for one, not at all for 0."""
        data: Any = self.client.lpop(self._messages)
        if data is None and seconds:
            found = self.client.blpop([self._messages], timeout=seconds)
            data = found[1] if found else None
        return None if data is None else cast(Json, json.loads(data))

    def withdraw(self, task: int, attempt: int) -> bool:
        """Take a part back, unless a worker has it: of both exactly one wins."""
        return bool(self.client.set(self._claim(task, attempt), WITHDRAWN, nx=True, ex=CLAIM_SECONDS))

    def revoke(self, task: int, attempt: int) -> None:
        """Take a part back from the worker that has it, should it still be alive."""
        self.client.set(self._claim(task, attempt), WITHDRAWN, ex=CLAIM_SECONDS)

    def stop(self) -> None:
        """Ask all parts for their best."""
        self.client.set(self._stop, 1, ex=KEPT_SECONDS)

    def end(self, tasks: Iterable[int]) -> None:
        """The run is over: parts still at work stop, `tasks` are no longer laid out, nobody reads what is said."""
        self.client.delete(self._lease, self._messages, *map(self._request, tasks))

    # -- the tasks -------------------------------------------------------------------------------------------------

    def claim(self, task: int, attempt: int) -> Json | None:
        """Take a part; None when its run is over or the crew has taken it back."""
        if not self.client.exists(self._lease):
            return None
        if not self.client.set(self._claim(task, attempt), "task", nx=True, ex=CLAIM_SECONDS):
            return None
        data: Any = self.client.getdel(self._request(task))
        return None if data is None else cast(Json, json.loads(data))

    def wanted(self, task: int, attempt: int) -> bool:
        """Whether to go on: the crew is alive, has not asked to stop and has not given the part to somebody else."""
        lease, stop, claim = self.client.mget(self._lease, self._stop, self._claim(task, attempt))
        return lease is not None and stop is None and claim != WITHDRAWN.encode()

    def say(self, message: Json) -> None:
        """Tell the crew."""
        with self.client.pipeline(transaction=False) as pipeline:
            pipeline.rpush(self._messages, json.dumps(message))
            pipeline.expire(self._messages, KEPT_SECONDS)
            pipeline.execute()
