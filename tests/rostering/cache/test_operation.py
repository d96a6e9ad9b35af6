"""The operator's tools: they reach answers and nothing else."""

from __future__ import annotations

import io
import time

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from rostering.cache import figures, operation
from rostering.cache.answers import Answer
from rostering.cache.store import Store, full
from rostering.models import Role
from tests import builders
from tests.valkey import Valkey

PAGE = "/admin/rostering/dataversion/"
OTHERS = ("celery", "_kombu.binding.default", "dashboard:theirs", "other:1:dashboard:metrics", "muster:1:session:x")


@pytest.fixture
def filled(valkey: Valkey) -> Valkey:
    store = Store()
    for number in range(3):
        for name in ("dashboard:metrics:all", "dashboard:cost_trends:7", "roster:employee_hours", "shifts:unfilled"):
            store.put(f"{name}:org-{number}", Answer(b"x" * 1000, time.time() + 60))
    with valkey.client() as client:
        for key in OTHERS:
            client.set(key, "kept")
    return valkey


def left(valkey: Valkey) -> list[str]:
    with valkey.client() as client:
        found = sorted(key.decode() for key in client.scan_iter(match=full("*")))
        assert client.exists(*OTHERS) == len(OTHERS), "what belongs to others stays"
    return [key for key in found if key not in OTHERS and not key.endswith((":statistics", ":census"))]


def command(*arguments: str) -> str:
    output = io.StringIO()
    call_command("invalidate_cache", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_deletes_what_matches_and_says_how_many(filled: Valkey) -> None:
    assert "6 answers would be deleted" in command("dashboard:*", "--dry-run")
    assert len(left(filled)) == 12
    assert "3 answers deleted" in command("dashboard:metrics:*")
    assert "3 answers deleted" in command("dashboard:*")
    assert command("roster:*", "shifts:*").count("3 answers deleted") == 2
    assert left(filled) == []


@pytest.mark.parametrize(
    "pattern", ["*", "celery", "", "dashboard", "dashboard:", "muster:1:*", "flight:*", "?ashboard:*"]
)
def test_a_pattern_that_could_reach_anything_else_is_refused(pattern: str, filled: Valkey) -> None:
    with pytest.raises(CommandError, match="begin with one of dashboard:"):
        command("roster:*", pattern)
    assert len(left(filled)) == 12, "nothing half-done"


def test_with_redis_down_the_command_says_so(valkey: Valkey) -> None:
    valkey.kill()
    with pytest.raises(CommandError, match="does not answer"):
        command("dashboard:*")


def test_many_answers_are_counted_weighed_and_deleted_quickly(valkey: Valkey) -> None:
    with valkey.client() as client:
        for start in range(0, 50_000, 10_000):
            client.mset({full(f"roster:many:{number}"): "x" * 100 for number in range(start, start + 10_000)})
        began = time.monotonic()
        held = operation.census(client, "roster:*")
        assert held.keys == 50_000
        assert 50_000 * 100 < held.memory_bytes < 50_000 * 400
        assert operation.delete("roster:*") == 50_000
    assert time.monotonic() - began < 5


def test_statistics_are_the_caches_own(filled: Valkey) -> None:
    store = Store()
    for key in ("dashboard:metrics:all:org-0", "dashboard:metrics:all:org-9", "roster:employee_hours:org-0"):
        store.get(key)
    stats = figures.cache_statistics()["stats"]
    assert (stats["total_keys"], stats["hits"], stats["misses"], stats["hit_rate"]) == (12, 2, 1, 0.667)
    assert 0.01 < stats["memory_used_mb"] < 0.1
    report = figures.report()
    assert [(one.name, one.hits, one.misses) for one in report.tallies] == [
        ("dashboard:metrics", 1, 1),
        ("roster:employee_hours", 1, 0),
    ]
    assert {area.pattern: area.held.keys for area in report.areas} == {"dashboard:*": 6, "roster:*": 3, "shifts:*": 3}


def test_figures_shown_together_are_of_one_moment(valkey: Valkey) -> None:
    assert figures.cache_statistics()["stats"]["total_keys"] == 0
    store, hits = Store(), 0
    store.put("dashboard:metrics:all:org-1", Answer(b"x", time.time() + 60))
    deadline = time.monotonic() + 5
    while hits < 3:
        assert time.monotonic() < deadline, "what is shown must not stay old"
        store.get("dashboard:metrics:all:org-1")
        stats = figures.cache_statistics()["stats"]
        assert bool(stats["total_keys"]) >= bool(stats["hits"]), "no hits without keys"
        hits = stats["hits"]


def test_what_took_long_to_count_is_not_counted_again_at_every_request(
    filled: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "REST", 1_000_000)
    before = figures.cache_statistics()
    command("dashboard:*")
    Store().get("dashboard:metrics:all:org-0")
    assert figures.cache_statistics() == before, "as counted a moment ago, hits and misses included"


def test_counting_gives_up_in_time_among_other_programs_keys(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.mset({f"other:{number}": "x" for number in range(100_000)})
        assert operation.census(client, "roster:*").is_complete
        held = operation.census(client, "roster:*", seconds=0)
    assert (held.keys, held.is_complete) == (0, False)


@pytest.fixture
def platform(db: None, client: Client) -> Client:
    client.force_login(builders.make_user("root", superuser=True))
    return client


def test_platform_staff_see_the_figures_count_first_and_delete(filled: Valkey, platform: Client) -> None:
    Store().get("dashboard:metrics:all:org-0")
    page = platform.get(PAGE).content.decode()
    assert "dashboard:metrics" in page
    assert "100 %" in page
    asked = platform.get(PAGE, {"pattern": "dashboard:*"}).content.decode()
    assert "Delete 6 answers" in asked
    assert len(left(filled)) == 12, "counting deletes nothing"
    done = platform.post(PAGE, {"pattern": "dashboard:*"}, follow=True).content.decode()
    assert "6 answers of dashboard:* deleted." in done
    assert len(left(filled)) == 6


def test_the_page_refuses_other_patterns_in_a_sentence(filled: Valkey, platform: Client) -> None:
    assert "begin with one of" in platform.get(PAGE, {"pattern": "*"}).content.decode()
    assert "begin with one of" in platform.post(PAGE, {"pattern": "celery*"}, follow=True).content.decode()
    assert len(left(filled)) == 12


def test_with_redis_down_the_page_says_what_that_means(valkey: Valkey, platform: Client) -> None:
    valkey.kill()
    page = platform.get(PAGE, {"pattern": "dashboard:*"}).content.decode()
    assert "The cache server does not answer." in page
    assert "nothing was deleted" in platform.post(PAGE, {"pattern": "dashboard:*"}, follow=True).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_members_do_not_see_the_page(role: Role, filled: Valkey, client: Client, db: None) -> None:
    user: User = builders.make_member(builders.make_organization("alpha"), role)
    client.force_login(user)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"pattern": "dashboard:*"}).status_code == 403
    assert len(left(filled)) == 12
