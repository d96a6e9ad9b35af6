"""How well the cache does: its own hits and misses, keys and memory, not the server's."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import redis

from rostering.cache.keys import AREAS
from rostering.cache.operation import Census, census, connect
from rostering.cache.store import STATISTICS, full

CONNECT_SECONDS = 0.1
READ_SECONDS = 0.2

CENSUS_KEY = "census"
CENSUS_SECONDS = 0.1
REST = 20
"""Anybody may ask for health, so counting is given up early, and what was counted serves for this many times as long as
counting took: however often they ask, Redis spends a twentieth of its time on it. Few keys are counted every time."""


@dataclass(frozen=True)
class Tally:
    """Hits and misses of one call, or of all. What a browser was told has not changed (304) asks Redis nothing and
    counts as neither."""

    name: str
    hits: int
    misses: int

    @property
    def hit_rate(self) -> float:
        """0 to 1."""
        asked = self.hits + self.misses
        return round(self.hits / asked, 3) if asked else 0.0


@dataclass(frozen=True)
class Snapshot:
    """Figures of one moment: what is shown together belongs together."""

    keys: int
    memory_bytes: int
    hits: int
    misses: int


@dataclass(frozen=True)
class Area:
    """The answers of one pattern."""

    pattern: str
    held: Census


@dataclass(frozen=True)
class Report:
    """What the operator's page shows."""

    tallies: list[Tally]
    areas: list[Area]
    server_memory_bytes: int
    server_policy: str
    evicted: int

    @property
    def total(self) -> Tally:
        """All calls together."""
        return Tally("all", sum(one.hits for one in self.tallies), sum(one.misses for one in self.tallies))


def cache_statistics() -> dict[str, Any]:
    """`{status, connected, stats: {total_keys, hits, misses, hit_rate, memory_used_mb}}`; stats null when down.

    Keys and memory are those of kept answers; hits and misses count since the cache server lost its data last;
    `hit_rate` is 0 to 1. All are of one moment, now or a little while ago (`REST`).
    """
    try:
        with connect(connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS) as client:
            found = _recent(client)
    except redis.RedisError:
        return {"status": "down", "connected": False, "stats": None}
    return {
        "status": "healthy",
        "connected": True,
        "stats": {
            "total_keys": found.keys,
            "hits": found.hits,
            "misses": found.misses,
            "hit_rate": Tally("all", found.hits, found.misses).hit_rate,
            "memory_used_mb": round(found.memory_bytes / 2**20, 3),
        },
    }


def report() -> Report:
    """Figures by call and by pattern, counted now. Raises RedisError when the server is down."""
    with connect() as client:
        server: Any = client.info()
        return Report(
            tallies=_tallies(client),
            areas=[Area(f"{area}:*", census(client, f"{area}:*")) for area in AREAS],
            server_memory_bytes=int(server["used_memory"]),
            server_policy=str(server.get("maxmemory_policy", "")),
            evicted=int(server["evicted_keys"]),
        )


def _tallies(client: redis.Redis) -> list[Tally]:
    stored: Any = client.hgetall(full(STATISTICS))
    counts = {field.decode(): int(value) for field, value in stored.items()}
    names = sorted({field.partition("|")[0] for field in counts})
    return [Tally(name, counts.get(f"{name}|hits", 0), counts.get(f"{name}|misses", 0)) for name in names]


def _total(tallies: list[Tally]) -> Tally:
    return Tally("all", sum(one.hits for one in tallies), sum(one.misses for one in tallies))


def _recent(client: redis.Redis) -> Snapshot:
    kept: Any = client.get(full(CENSUS_KEY))
    try:
        return Snapshot(**json.loads(kept)) if kept else _look(client)
    except (TypeError, ValueError):
        return _look(client)


def _look(client: redis.Redis) -> Snapshot:
    began = time.monotonic()
    parts = [census(client, f"{area}:*", seconds=CENSUS_SECONDS / len(AREAS)) for area in AREAS]
    total = _total(_tallies(client))
    found = Snapshot(
        sum(part.keys for part in parts), sum(part.memory_bytes for part in parts), total.hits, total.misses
    )
    serves_milliseconds = max(1, round(1000 * REST * (time.monotonic() - began)))
    client.set(full(CENSUS_KEY), json.dumps(asdict(found)), px=serves_milliseconds)
    return found
