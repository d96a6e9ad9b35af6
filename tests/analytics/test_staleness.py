"""Never older than a committed write: readers, writers and an independent look at the database, Redis killed midway.

Runs for 10 seconds; `MUSTER_STALENESS_SECONDS=30` gives the long form of the acceptance test.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from rest_framework.authtoken.models import Token

from rostering.models import Organization, Role, Site, Staff
from tests import builders
from tests.analytics.browser import Browser
from tests.valkey import Valkey
from tests.web import WebServer

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("MUSTER_STALENESS_SECONDS", "10"))
READERS, WRITERS = 6, 2
METRICS, COVERAGE = "/api/v1/dashboard/metrics", "/api/v1/dashboard/site-coverage"

TRUTH = """
    SELECT (SELECT count(*) FROM rostering_site WHERE organization_id = %(pk)s),
           (SELECT count(*) FROM rostering_staff WHERE organization_id = %(pk)s)
"""
COPY_SITE = """
    INSERT INTO rostering_site (organization_id, code, name, client_name, address, time_zone, active)
    SELECT organization_id, %(code)s, name, client_name, address, time_zone, active
    FROM rostering_site WHERE id = %(id)s
"""
COPY_STAFF = """
    INSERT INTO rostering_staff (organization_id, number, first_name, last_name, email, phone, contract_id, hourly_rate,
                                 employed_from, active)
    SELECT organization_id, %(code)s, first_name, last_name, email, phone, contract_id, hourly_rate,
           employed_from, active
    FROM rostering_staff WHERE id = %(id)s
"""


class Trial:
    """Sites and staff only ever grow in number, so an answer with fewer than a look before the request is stale."""

    def __init__(self, port: int, organization: Organization, site: Site, staff: Staff) -> None:
        self.port = port
        self.organization = organization
        self.site, self.staff = site, staff
        self.token = Token.objects.create(user=builders.make_member(organization, Role.VIEWER)).key
        self.seen: Counter[str] = Counter()
        self.stale: list[str] = []
        self.errors: list[BaseException] = []
        self.is_over = threading.Event()
        self._lock = threading.Lock()
        self._codes = itertools.count()

    def run(self, seconds: float, meanwhile: Any = None) -> None:
        """Readers and writers for so long, `meanwhile` beside them."""
        threads = [threading.Thread(target=self._guarded, args=[self.read, number]) for number in range(READERS)]
        threads += [threading.Thread(target=self._guarded, args=[self.write, number]) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        ends = time.monotonic() + seconds
        if meanwhile is not None:
            meanwhile()
        time.sleep(max(0.0, ends - time.monotonic()))
        self.is_over.set()
        for thread in threads:
            thread.join(60)
        if self.errors:
            raise self.errors[0]

    def read(self, number: int) -> None:
        browser, dice = Browser(self.port, self.token), random.Random(number)
        held: dict[str, tuple[str, bytes]] = {}
        with look() as database:
            while not self.is_over.is_set():
                path = dice.choice([METRICS, COVERAGE])
                tag, copy = held.get(path, ("", b""))
                sends_tag = bool(tag) and dice.random() < 0.5
                before = self.truth(database)
                reply = browser.get(path, tag if sends_tag else "")
                after = self.truth(database)
                assert reply.status in (200, 304), reply
                body = copy if reply.status == 304 else reply.body
                held[path] = (reply.tag, body)
                self.judge(path, reply.status, body, before, after)

    def judge(self, path: str, status: int, body: bytes, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        found = json.loads(body)
        shown = (len(found),) if path == COVERAGE else (found["sites"]["total"], found["employees"]["total"])
        with self._lock:
            self.seen[str(status)] += 1
            for least, value, most in zip(before, shown, after, strict=False):
                if not least <= value <= most:
                    self.stale.append(f"{path} {status}: {value} is not between {least} and {most}")

    def write(self, number: int) -> None:
        """Overlapping transactions over both tables, in opposite order, some taken back; each holds on for a moment."""
        dice = random.Random(100 + number)
        steps = [(COPY_SITE, self.site.pk), (COPY_STAFF, self.staff.pk)][:: 1 if number % 2 else -1]
        with look() as database:
            while not self.is_over.is_set():
                database.execute("BEGIN")
                for statement, row in steps:
                    database.execute(statement, {"code": f"w{number}-{next(self._codes)}", "id": row})
                    time.sleep(dice.uniform(0, 0.02))
                database.execute("COMMIT" if dice.random() < 0.8 else "ROLLBACK")
                with self._lock:
                    self.seen["writes"] += 1
                self._let_read(dice.randint(1, 40))

    def _let_read(self, count: int) -> None:
        """Wait for so many answers, so that on a slow machine too some find that nothing has changed."""
        ends_at = self._answered() + count
        while self._answered() < ends_at and not self.is_over.is_set():
            time.sleep(0.005)

    def _answered(self) -> int:
        return self.seen["200"] + self.seen["304"]

    def truth(self, database: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = database.execute(TRUTH, {"pk": self.organization.pk}).fetchone()
        return found

    def _guarded(self, act: Any, number: int) -> None:
        try:
            act(number)
        except BaseException as error:
            self.errors.append(error)
            self.is_over.set()


@contextmanager
def look() -> Iterator[Any]:
    """A connection of one's own to the test's database, each statement a transaction."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
        autocommit=True,
    ) as found:
        yield found


@pytest.fixture
def environment(process_environment: dict[str, str], valkey: Valkey) -> dict[str, str]:
    broker = {"CELERY_BROKER_URL": str(django_settings.CELERY_BROKER_URL)}
    return {**process_environment, **broker, "REDIS_URL": valkey.url, "MUSTER_HTTPS": "false"}


@pytest.fixture
def trial(environment: dict[str, str], tmp_path: Path) -> Iterator[Trial]:
    organization = builders.make_organization("alpha")
    site, staff = builders.make_site(organization=organization), builders.make_staff(organization=organization)
    with WebServer(environment, tmp_path / "web.log", processes=2, threads=8) as web:
        yield Trial(web.port, organization, site, staff)


@pytest.mark.timeout(300 + 4 * SECONDS)
def test_no_answer_is_older_than_a_committed_write_even_while_redis_is_killed(trial: Trial, valkey: Valkey) -> None:
    tallies: list[tuple[int, int]] = []

    def kill_midway_and_start_again() -> None:
        time.sleep(SECONDS / 5)
        tallies.append(tally(valkey))
        valkey.kill()
        time.sleep(SECONDS / 10)
        valkey.start()

    trial.run(SECONDS, kill_midway_and_start_again)
    tallies.append(tally(valkey))
    print(f"{dict(trial.seen)}, hits and misses before the kill and after the start: {tallies}")
    assert trial.stale == []
    assert trial.seen["writes"] > SECONDS
    assert trial.seen["200"] > 5 * SECONDS
    assert trial.seen["304"] > 0
    (hits, misses), after_start = tallies
    assert hits > 0
    assert misses > 0
    assert sum(after_start) > 0, "Redis is used again"


def test_this_trial_would_notice_a_cache_that_is_not_told_of_writes(trial: Trial) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rostering_site DISABLE TRIGGER bump_on_insert")
        cursor.execute("ALTER TABLE rostering_staff DISABLE TRIGGER bump_on_insert")
    try:
        trial.run(2)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE rostering_site ENABLE TRIGGER bump_on_insert")
            cursor.execute("ALTER TABLE rostering_staff ENABLE TRIGGER bump_on_insert")
    assert trial.stale


def test_a_hundred_misses_at_once_are_one_computation(trial: Trial) -> None:
    """The computation is held up by a lock, so how many are under way can be counted in the database."""
    replies: list[Any] = []

    def ask() -> None:
        replies.append(Browser(trial.port, trial.token).get(METRICS))

    threads = [threading.Thread(target=ask) for _ in range(100)]
    with look() as holder:
        holder.execute("BEGIN; LOCK TABLE rostering_availability IN ACCESS EXCLUSIVE MODE")
        for thread in threads:
            thread.start()
        under_way = []
        for _ in range(30):
            time.sleep(0.1)
            under_way.append(waiting(holder))
        holder.execute("COMMIT")
    for thread in threads:
        thread.join(60)
    assert [reply.status for reply in replies] == [200] * 100
    assert len({reply.body for reply in replies}) == 1
    assert max(under_way) == under_way[-1] == 1


def waiting(database: Any) -> int:
    found = database.execute(
        "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND relation = 'rostering_availability'::regclass"
    ).fetchone()
    return int(found[0])


def tally(valkey: Valkey) -> tuple[int, int]:
    with valkey.client() as client:
        stored: Any = client.hgetall("muster:1:statistics")
    counts = [sum(int(value) for name, value in stored.items() if name.endswith(end)) for end in (b"hits", b"misses")]
    return counts[0], counts[1]
