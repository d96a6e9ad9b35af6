"""The operator's tools: what is kept, and deleting it by pattern. Nothing depends on anybody using them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.core.exceptions import ValidationError
from redis.backoff import NoBackoff
from redis.retry import Retry

from rostering.cache.keys import AREAS
from rostering.cache.store import full

# With the server's default of 10 a walk over 500,000 keys took 2.5 s.
SCAN_COUNT = 10_000
DELETE_AT_ONCE = 1_000
WEIGHED = 500
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Census:
    """How many answers there are and what they weigh; estimated beyond `WEIGHED`, partial when time ran out."""

    keys: int
    memory_bytes: int
    is_complete: bool = True


def connect(*, connect_seconds: float = PATIENCE_SECONDS, read_seconds: float = PATIENCE_SECONDS) -> redis.Redis:
    """A client of the cache's server with patience of its own, apart from the one that requests share."""
    return redis.Redis.from_url(
        str(settings.CACHES["default"]["LOCATION"]),
        socket_connect_timeout=connect_seconds,
        socket_timeout=read_seconds,
        retry=Retry(NoBackoff(), 0),
    )


def checked_pattern(pattern: str) -> str:
    """The pattern, when it can match nothing but answers. Raises ValidationError with what to write instead."""
    pattern = pattern.strip()
    area, colon, rest = pattern.partition(":")
    if area not in AREAS or not colon or not rest:
        allowed = ", ".join(f"{one}:*" for one in AREAS)
        raise ValidationError(f"“{pattern}” names no answers; begin with one of {allowed}.")
    return pattern


def count(pattern: str) -> int:
    """How many answers the pattern matches. Raises ValidationError as `checked_pattern`, RedisError when it is down."""
    with connect() as client:
        return sum(1 for _ in _matching(client, checked_pattern(pattern)))


def delete(pattern: str) -> int:
    """Delete the answers that the pattern matches; how many there were. Raises as `count` does.

    Only keys with the cache's own prefix are looked at: the broker's queues and other programs' keys are out of reach.
    """
    deleted = 0
    with connect() as client:
        found = _matching(client, checked_pattern(pattern))
        while batch := list(itertools.islice(found, DELETE_AT_ONCE)):
            deleted += int(client.unlink(*batch))
    return deleted


def census(client: redis.Redis, pattern: str, *, seconds: float = PATIENCE_SECONDS) -> Census:
    """Count and weigh the answers that match, for so long at most."""
    ends = time.monotonic() + seconds
    seen, is_complete = 0, True
    weighed: list[Any] = []
    for number, page in enumerate(_pages(client, pattern)):
        if number and time.monotonic() > ends:  # a page without a match costs time, too
            is_complete = False
            break
        for key in page:
            seen += 1
            if len(weighed) < WEIGHED:
                weighed.append(key)
            elif random.random() < WEIGHED / seen:  # noqa: S311 – a sample, no secret
                weighed[random.randrange(WEIGHED)] = key  # noqa: S311
    with client.pipeline(transaction=False) as pipeline:
        for key in weighed:
            pipeline.memory_usage(key)
        sizes = [int(size or 0) for size in pipeline.execute()]
    memory = round(sum(sizes) / len(sizes) * seen) if sizes else 0
    return Census(seen, memory, is_complete)


def _matching(client: redis.Redis, pattern: str) -> Iterator[Any]:
    return itertools.chain.from_iterable(_pages(client, pattern))


def _pages(client: redis.Redis, pattern: str) -> Iterator[list[Any]]:
    """Each key once, though SCAN may name one twice; pages as the server gives them, perhaps empty."""
    seen: set[Any] = set()
    cursor: Any = 0
    while True:
        cursor, keys = client.scan(cursor, match=full(pattern), count=SCAN_COUNT)
        yield [key for key in dict.fromkeys(keys) if key not in seen]
        seen.update(keys)
        if int(cursor) == 0:
            return
