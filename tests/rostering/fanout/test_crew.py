"""Parts as Celery tasks: a real worker process, a real broker; stopped, killed, absent."""

from __future__ import annotations

import json
import logging
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from pytest_django.fixtures import Settings

from benchmarks.world import make_world
from rostering.fanout import remote
from rostering.fanout.channel import Channel, connect
from rostering.fanout.crew import CeleryCrew, chosen_crew, redis_url
from rostering.solver.checker import judge
from rostering.solver.decompose import solve_in_parts
from rostering.solver.result import Hooks, Options, Signal, Status
from rostering.solver.session import Session
from rostering.solver.wire import to_wire
from rostering.tasks import solve_part
from tests.jobs import broker
from tests.jobs.workers import Workers
from tests.processes import kill_group
from tests.waiting import wait

StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[str]:
    """Broker keys of this test only."""
    prefix = f"parts-{uuid.uuid4().hex}:"
    before = dict(current_app.conf.broker_transport_options or {})
    current_app.conf.broker_transport_options = {**before, "global_keyprefix": prefix}
    yield prefix
    current_app.conf.broker_transport_options = before


@pytest.fixture
def start_worker(process_environment: dict[str, str], own_queue: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers that solve parts, one at a time."""
    with Workers(process_environment, prefix=own_queue, folder=tmp_path) as workers:
        yield partial(workers.start, "--queues=parts", "--concurrency=1")


@pytest.fixture
def crew() -> Iterator[CeleryCrew]:
    """One part at a time as a task, one local process."""
    made = CeleryCrew(redis_url(), 1, 1)
    yield made
    made.end()


def request(task: int, kind: str = "quick") -> dict[str, Any]:
    """A small part."""
    return {"task": task, "kind": kind, "problem": to_wire(make_world(6, 2, 7)), "seconds": 5.0, "seed": 1}


def long_request(task: int, seconds: float) -> dict[str, Any]:
    """A part that gets better for so long, and says so every two seconds."""
    more: dict[str, Any] = {"start": [], "iterations": None, "patterns": True, "heat": 1.0, "seed": 1}
    return {"task": task, "kind": "improve", "problem": to_wire(make_world(40, 4, 14, 5)), "seconds": seconds, **more}


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a worker process to start, instead of going on without it."""
    monkeypatch.setattr(remote, "PICKUP_SECONDS", 60.0)


def test_groups_are_solved_by_a_celery_worker(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    patient(monkeypatch)
    start_worker()
    world = make_world(24, 4, 7, 5)
    made: list[CeleryCrew] = []

    def crew(threads: int) -> CeleryCrew:
        made.append(CeleryCrew(redis_url(), 2, threads))
        return made[0]

    options = Options(time_limit_seconds=120.0, threads=1, iterations=8)
    result = solve_in_parts(world, Session(world, options, Hooks(crew=crew)), "production", 12)
    assert judge(world, result.assignments) == result.judgement
    assert result.judgement.legal
    assert result.judgement.coverage > 80
    assert made[0].local.crew.workers == []
    assert (tmp_path / "worker-0.log").read_text().count("succeeded") >= 4
    at_home = solve_in_parts(world, Session(world, options, Hooks()), "production", 12)
    assert at_home.assignments == result.assignments


def test_a_stop_reaches_the_worker_and_a_run_that_is_closed_ends_its_tasks(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, crew: CeleryCrew, tmp_path: Path
) -> None:
    patient(monkeypatch)
    start_worker()
    asked = 0.0
    for message in crew.work(iter([long_request(1, 100.0)])):
        if message and message["event"] == "better" and not asked:
            asked = time.monotonic()
            crew.ask_to_stop()
        if message and message["event"] == "done":
            assert message["assignments"]
            break
    assert asked
    assert time.monotonic() - asked < 2.0
    with closing(crew.work(iter([long_request(2, 100.0)]))) as messages:
        assert any(message and message["event"] == "better" for message in messages)
    wait("both tasks end", lambda: (tmp_path / "worker-0.log").read_text().count("succeeded") >= 2, seconds=10)


def test_the_solvers_own_stop_keeps_the_best(start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)
    start_worker()
    world = make_world(24, 4, 7, 5)
    stopped = 0.0

    def should_stop() -> Signal:
        nonlocal stopped
        if session.stage != "improving":
            return Signal.GO_ON
        stopped = stopped or time.monotonic()
        return Signal.STOP if time.monotonic() - stopped > 2.0 else Signal.GO_ON

    hooks = Hooks(should_stop=should_stop, crew=lambda threads: CeleryCrew(redis_url(), 2, threads))
    session = Session(world, Options(time_limit_seconds=120.0, threads=1), hooks)
    result = solve_in_parts(world, session, "production", 12)
    assert time.monotonic() - stopped < 5.0
    assert result.status is Status.STOPPED
    assert result.judgement.legal


def test_what_no_worker_takes_is_solved_here_and_nothing_is_left_in_redis(
    monkeypatch: pytest.MonkeyPatch, crew: CeleryCrew
) -> None:
    monkeypatch.setattr(remote, "PICKUP_SECONDS", 0.5)
    assert crew.size == 1
    done = [message["task"] for message in crew.work(map(request, range(4))) if message and message["event"] == "done"]
    assert sorted(done) == [0, 1, 2, 3]
    assert broker.messages("parts") == 1  # the second part did not try the queue again
    assert crew.places == 0
    keys = {key for key in crew.client.scan_iter(f"solver:{crew.remote.channel.run}:*") if b":claim:" not in key}
    assert keys == {f"solver:{crew.remote.channel.run}:request:0".encode()}
    assert all(crew.client.ttl(key) > 0 for key in keys)


def test_a_part_taken_back_is_not_solved_again_by_a_late_worker(crew: CeleryCrew) -> None:
    channel = Channel(crew.client, uuid.uuid4().hex)
    channel.refresh()
    channel.offer(request(1))
    assert channel.withdraw(1, 1)
    solve_part(channel.run, 1, 1)
    assert channel.hear(0.1) is None
    solve_part(channel.run, 1, 2)
    assert [(said or {})["event"] for said in (channel.hear(0.1), channel.hear(0.1))] == ["started", "done"]
    channel.end([])
    channel.offer(request(2))
    solve_part(channel.run, 2, 1)
    assert channel.hear(0.1) is None


def test_a_killed_workers_part_comes_again_and_twice_lost_is_failed(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, crew: CeleryCrew
) -> None:
    patient(monkeypatch)
    monkeypatch.setattr(remote, "SILENCE_SECONDS", 6.0)
    first, events = start_worker(), []
    for message in crew.work(iter([long_request(1, 6.0)])):
        if message and message["event"] in ("better", "done"):
            events.append(message["event"])
            if first.poll() is None:
                assert message["event"] == "better"
                kill_group(first)
                second = start_worker()
    assert events[-1] == "done"
    assert events.count("done") == 1
    kill_group(second)  # an idle worker would take the part before it is lost
    lost = remote.Remote(connect(redis_url()))
    with closing(lost.channel.client):
        lost.send(request(2), attempt=remote.ATTEMPTS)
        lost.sent[2].claimed = True
        lost.sent[2].heard -= 7.0
        lost.channel.withdraw(2, remote.ATTEMPTS)
        assert lost.hear(0.0) == {"task": 2, "event": "failed"}
        lost.end(tell=True)


def test_a_request_that_fails_is_told(start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)
    start_worker()
    crew = CeleryCrew(redis_url(), 2, 1)
    said = [m for m in crew.work(iter([request(1, "nonsense"), request(2)])) if m]
    crew.end()
    assert [(m["task"], m["event"]) for m in said] == [(1, "failed"), (2, "done")]
    assert json.dumps(said)


def test_with_redis_down_everything_is_solved_here_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with broker.closed_port() as port, caplog.at_level(logging.WARNING, "rostering.fanout"):
        crew = CeleryCrew(f"redis://127.0.0.1:{port}/0", 3, 1)
        for tasks in (range(3), range(3, 5)):
            done = [m["task"] for m in crew.work(map(request, tasks)) if m]
            assert sorted(done) == list(tasks)
        crew.end()
    assert len(caplog.records) == 1
    assert "they are solved here" in caplog.text


def test_with_the_broker_down_parts_are_solved_here(crew: CeleryCrew) -> None:
    with broker.closed_port() as port, broker.at(port):
        assert [m["task"] for m in crew.work(map(request, range(2))) if m] == [0, 1]
    assert crew.down


def test_the_setting_chooses_the_crew(settings: Settings) -> None:
    settings.SOLVER_PARTS = 0
    assert chosen_crew() is None
    settings.SOLVER_PARTS = 3
    make = chosen_crew()
    assert make is not None
    crew = make(2)
    assert crew.size == 3
    crew.end()
