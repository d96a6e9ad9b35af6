"""One computation, whoever asks and whatever Redis does; real Valkey, killed and stopped."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings

from rostering.cache.answers import Answer, seal
from rostering.cache.breaker import Breaker
from rostering.cache.flight import Answers
from rostering.cache.local import LocalAnswers
from rostering.cache.store import RedisDownError, Store, full, knock
from tests.jobs.broker import closed_port
from tests.valkey import Valkey
from tests.waiting import wait

KEY = "dashboard:metrics:all:org-1:all:2027-02-01:staff-1:c-1"


class Counted:
    """Computes slowly, and counts."""

    def __init__(self, seconds: float = 0.0, body: bytes = b"{}") -> None:
        self.times = 0
        self._lock = threading.Lock()
        self._seconds = seconds
        self._body = body

    def __call__(self) -> Answer:
        with self._lock:
            self.times += 1
        time.sleep(self._seconds)
        return Answer(self._body, time.time() + 60)


def answers(wait_seconds: float = 10.0) -> Answers:
    return Answers(Store(), LocalAnswers(), wait_seconds)


def at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    gate = threading.Barrier(count)

    def one() -> None:
        gate.wait()
        try:
            results.append(act())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_the_second_one_to_ask_is_given_what_the_first_computed(valkey: Valkey) -> None:
    compute = Counted(body=b"figures")
    assert answers().fetch(KEY, compute).body == answers().fetch(KEY, compute).body == b"figures"
    assert compute.times == 1
    with valkey.client() as client:
        assert client.keys(f"*{KEY}") == [full(KEY).encode()], "readable, and nothing else is left"
        assert 0 < client.pttl(full(KEY)) <= 60_000


def test_a_hundred_threads_of_several_processes_compute_once(valkey: Valkey) -> None:
    """Each `Answers` stands for a process: they share nothing but Redis."""
    processes, compute = [answers() for _ in range(5)], Counted(seconds=0.3, body=b"once")
    turns = iter(processes * 20)
    assert {found.body for found in at_once(100, lambda: next(turns).fetch(KEY, compute))} == {b"once"}
    assert compute.times == 1


def test_with_redis_down_each_process_computes_once_and_remembers(settings: Any) -> None:
    with closed_port() as port:
        settings.CACHES = _at(f"redis://127.0.0.1:{port}/0")
        process, compute = answers(), Counted(seconds=0.2)
        at_once(20, lambda: process.fetch(KEY, compute))
        process.fetch(KEY, compute)
    assert compute.times == 1


def test_a_computation_that_fails_is_tried_by_the_next_one(valkey: Valkey) -> None:
    shared, tries = answers(), Counted(seconds=0.1)

    def fails_once() -> Answer:
        answer = tries()
        if tries.times == 1:
            raise ValueError("the database was away")
        return answer

    results = at_once(10, lambda: shared.fetch(KEY, fails_once))
    assert [type(one) for one in results].count(ValueError) == 1
    assert tries.times == 2
    with valkey.client() as client:
        assert not client.exists(full(f"flight:{KEY}"))


def test_a_process_that_died_computing_is_not_waited_for_too_long(valkey: Valkey) -> None:
    assert Store().take_off(KEY, 60)
    began = time.monotonic()
    assert answers(wait_seconds=0.5).fetch(KEY, Counted(body=b"myself")).body == b"myself"
    assert 0.4 < time.monotonic() - began < 3


def test_landing_leaves_anothers_token_alone(valkey: Valkey) -> None:
    store = Store()
    token = store.take_off(KEY, 60)
    assert token is not None
    assert store.take_off(KEY, 60) is None
    store.land(KEY, "another's")
    assert store.take_off(KEY, 60) is None
    store.land(KEY, token)
    assert store.take_off(KEY, 60) is not None


@pytest.mark.parametrize("planted", [b"", b"junk", b"\x80\x04K*.", seal("another key", Answer(b"{}", 9e9))])
def test_a_planted_value_is_computed_anew_and_replaced(valkey: Valkey, planted: bytes) -> None:
    with valkey.client() as client:
        client.set(full(KEY), planted)
        compute = Counted(body=b"right")
        assert answers().fetch(KEY, compute).body == b"right"
        assert answers().fetch(KEY, compute).body == b"right"
    assert compute.times == 1


def test_a_planted_list_under_the_key_does_no_harm(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.lpush(full(KEY), "planted")
    assert answers().fetch(KEY, Counted(body=b"right")).body == b"right"


def test_a_redis_without_memory_left_costs_nothing_but_the_cache(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.config_set("maxmemory", "1")
        client.config_set("maxmemory-policy", "noeviction")
    found = answers()
    assert found.fetch(KEY, Counted(body=b"right")).body == b"right"
    assert found.store.breaker.allows()


def test_refused_costs_nearly_nothing(settings: Any) -> None:
    with closed_port() as port:
        settings.CACHES = _at(f"redis://127.0.0.1:{port}/0")
        seconds = [_seconds(answers(), f"{KEY}{number}") for number in range(20)]
    assert sorted(seconds)[10] < 0.01


def test_hung_costs_one_short_wait_and_then_none(valkey: Valkey) -> None:
    found = answers()
    found.fetch(KEY, Counted())
    valkey.hang()
    try:
        first = _seconds(found, "first")
        later = [_seconds(found, f"later-{number}") for number in range(20)]
    finally:
        valkey.go_on()
    assert 0.1 < first < 0.35, "one read's time-out"
    assert sorted(later)[10] < 0.01
    assert max(later) < 0.1


def test_no_request_waits_to_find_out_whether_redis_is_back(valkey: Valkey) -> None:
    found = answers()
    found.store.breaker = Breaker(knock, quiet_seconds=0.1)
    valkey.hang()
    assert _seconds(found, "first") > 0.1
    time.sleep(0.15)
    assert max(_seconds(found, f"while-{number}") for number in range(20)) < 0.1, "the knock waits, not they"
    valkey.go_on()
    wait("the breaker closes", found.store.breaker.allows, seconds=10, every=0.02)
    compute = Counted()
    found.fetch(KEY, compute)
    answers().fetch(KEY, compute)
    assert compute.times == 1


def test_killed_and_started_again_it_is_used_again(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    found = answers()
    found.store.breaker = Breaker(knock, quiet_seconds=0.1)
    valkey.kill()
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            found.fetch(f"key-{number}", Counted())
    assert sum("does not answer" in record.message for record in caplog.records) == 1, "said once"
    with pytest.raises(RedisDownError):
        found.store.get(KEY)
    valkey.start()
    time.sleep(0.1)
    wait("the breaker closes", found.store.breaker.allows, seconds=10, every=0.02)
    found.fetch(KEY, Counted())
    assert Store().get(KEY) is not None


def test_a_forked_process_knocks_for_itself() -> None:
    """Its parent's thread is not there any more."""
    script = (
        "import os, time\n"
        "from rostering.cache.breaker import Breaker\n"
        "breaker = Breaker(lambda: time.sleep(0.3), quiet_seconds=0.0)\n"
        "breaker.trip(); assert not breaker.allows()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    ends = time.monotonic() + 5\n"
        "    while not breaker.allows() and time.monotonic() < ends: time.sleep(0.02)\n"
        "    os._exit(0 if breaker.allows() else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def _at(location: str) -> dict[str, Any]:
    return {"default": {**django_settings.CACHES["default"], "LOCATION": location}}


def _seconds(found: Answers, key: str) -> float:
    began = time.monotonic()
    found.fetch(key, Counted())
    return time.monotonic() - began
