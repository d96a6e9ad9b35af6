"""What Redis gives back is bytes, and believed only when we wrote it."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest

from rostering.cache.answers import Answer, seal, unseal
from rostering.cache.local import LocalAnswers

KEY = "dashboard:metrics:all:org-1"


def fresh(body: bytes = b'{"a": 1}', seconds: float = 60) -> Answer:
    return Answer(body, round(time.time() + seconds, 3))


def test_an_answer_comes_back_as_it_was() -> None:
    answer = fresh(b'line\nline\x00\xff"')
    assert unseal(KEY, seal(KEY, answer)) == answer


def test_past_its_end_it_is_gone() -> None:
    assert unseal(KEY, seal(KEY, fresh(seconds=-0.01))) is None


def test_another_keys_answer_is_refused() -> None:
    assert unseal("dashboard:metrics:all:org-2", seal(KEY, fresh())) is None


@pytest.mark.parametrize("at", [0, 3, 10, 30, -1])
def test_a_damaged_answer_is_refused(at: int) -> None:
    stored = bytearray(seal(KEY, fresh()))
    stored[at] ^= 1
    assert unseal(KEY, bytes(stored)) is None


def test_an_answer_whose_end_was_moved_is_refused() -> None:
    answer = fresh()
    later = seal(KEY, answer).replace(b"%.3f" % answer.expires_at, b"%.3f" % (answer.expires_at + 60))
    assert unseal(KEY, later) is None


@pytest.mark.parametrize("stored", [None, b"", b"{}", b"\n", b"muster1 x y\n{}", b"muster1 9999999999.000 00\n{}"])
def test_what_is_no_sealed_answer_is_no_answer(stored: bytes | None) -> None:
    assert unseal(KEY, stored) is None


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


def test_a_planted_pickle_is_never_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert unseal(KEY, pickle.dumps(Bomb())) is None
    assert not (tmp_path / "exploded").exists()


def test_this_process_remembers_up_to_so_many_bytes_and_forgets_what_is_unused_longest() -> None:
    local = LocalAnswers(max_bytes=10_000)
    for number in range(20):
        local.put(f"key-{number}", fresh(b"x" * 1000))
        assert local.get("key-0"), "asked for all the time"
        assert local.size_bytes <= 10_000
    assert local.get("key-1") is None
    assert local.get("key-19")


def test_this_process_does_not_remember_giants_or_what_is_past_its_end() -> None:
    local = LocalAnswers(max_bytes=10_000)
    local.put("giant", fresh(b"x" * 5000))
    local.put("late", fresh(seconds=-1))
    assert local.get("giant") is None
    assert local.get("late") is None
    assert local.size_bytes == 0
