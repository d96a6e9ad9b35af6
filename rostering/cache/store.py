"""Answers in Redis: every call short, every failure told apart from “not there”, and counted on the way."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from django.core.cache import cache
from django_redis import get_redis_connection

from rostering.cache.answers import Answer, seal, unseal
from rostering.cache.breaker import Breaker
from rostering.cache.keys import name_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

STATISTICS = "statistics"
FLIGHT = "flight"

# One round trip, counted exactly: a value read or not read is a hit or a miss.
GET = """
local found = redis.pcall('GET', KEYS[1])
if type(found) == 'table' then found = false end
redis.call('HINCRBY', KEYS[2], ARGV[1] .. (found and '|hits' or '|misses'), 1)
return found
"""
LAND = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisDownError(Exception):
    """Redis does not answer, or has not answered lately and is left alone."""


class Store:
    """The answers in the Redis of `CACHES["default"]`. Every method raises RedisDownError rather than wait."""

    def __init__(self) -> None:
        self.breaker = Breaker(knock)

    def get(self, key: str) -> Answer | None:
        """The answer; None when it is not there or not to be believed."""
        keys = [full(key), full(STATISTICS)]
        return unseal(key, self._ask(lambda redis_: redis_.eval(GET, 2, *keys, name_of(key)), None))

    def put(self, key: str, answer: Answer) -> None:
        """Keep it until its end."""
        milliseconds = max(1, round(1000 * answer.seconds_left))
        self._ask(lambda redis_: redis_.set(full(key), seal(key, answer), px=milliseconds), None)

    def take_off(self, key: str, seconds: float) -> str | None:
        """Become the one who computes this key, across all processes; a token, or None when another one is it."""
        token = secrets.token_hex(8)
        asked = self._ask(
            lambda redis_: redis_.set(full(f"{FLIGHT}:{key}"), token, nx=True, px=round(1000 * seconds)), True
        )
        return token if asked else None

    def watch(self, key: str) -> tuple[Answer | None, bool]:
        """The answer if it has come by now, and whether somebody is still computing it. Not counted as asking."""
        stored, token = self._ask(lambda redis_: redis_.mget(full(key), full(f"{FLIGHT}:{key}")), (None, None))
        return unseal(key, stored), token is not None

    def land(self, key: str, token: str) -> None:
        """Be done computing; another one's token is left alone."""
        self._ask(lambda redis_: redis_.eval(LAND, 1, full(f"{FLIGHT}:{key}"), token), None)

    def _ask(self, command: Callable[[Any], T], refused: T) -> T:
        """What the command gives; `refused` when Redis is well but will not (out of memory, a key of another type)."""
        if not self.breaker.allows():
            raise RedisDownError
        try:
            return command(client())
        except redis.ResponseError as error:
            logger.warning("Redis refuses a cache command: %s", error)
            return refused
        except (redis.RedisError, OSError) as error:
            if self.breaker.trip():
                logger.warning("Redis does not answer (%s); pages come from the database until it does", error)
            raise RedisDownError from error


def client() -> Any:
    """django-redis's client: it shares the pool, time-outs and absence of retries that `CACHES` sets."""
    return get_redis_connection("default")


def knock() -> None:
    """Ask whether Redis answers. Raises RedisError when it does not."""
    client().ping()


def full(key: str) -> str:
    """The key as Redis knows it: `muster:1:…`."""
    return str(cache.make_key(key))
