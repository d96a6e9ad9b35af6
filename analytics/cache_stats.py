"""What `/health` and `/api/v1/cache/stats` say of the cache; asked directly, so that a server that is down or hangs
costs little time."""

from __future__ import annotations

from rostering.cache.figures import cache_statistics

__all__ = ["cache_statistics"]
