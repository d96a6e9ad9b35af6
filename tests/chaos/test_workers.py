"""Workers that die, leave or hang in the middle of a solve."""

from __future__ import annotations

import signal

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.processes import children, marked, send, wait
from tests.chaos.stack import Program, Stack

pytestmark = pytest.mark.chaos

RECOVERY_SECONDS = 60


SOLVE_SECONDS = 45


def solving(stack: Stack, *names: str) -> tuple[Program, str]:
    """Start workers of these names and a web server, ask for a roster; the worker whose CBC solves it, and the job."""
    workers = {name: stack.begin_worker(name) for name in names}
    web = stack.start_web()
    for worker in workers.values():
        stack.await_worker(worker)
    job = str(web.generate(seconds=SOLVE_SECONDS).body["job_id"])
    wait("CBC is at work", stack.cbc, 90)
    return workers[str(stack.one("SELECT worker FROM jobs_jobrun")).partition("@")[0]], job


def await_attempt(stack: Stack, number: int, seconds: float = 90) -> None:
    """Wait until the attempt of this number has begun."""
    begun = "SELECT count(*) FROM jobs_jobattempt WHERE number = %s"
    wait(f"attempt {number} begins", lambda: stack.one(begun, number), seconds)


def await_no_cbc(stack: Stack) -> None:
    wait("CBC is gone", lambda: not stack.cbc(), 2)


def test_a_worker_killed_with_all_its_processes(case: Case) -> None:
    """Worker killed with all its processes

    Breaks: `kill -9` for the process group of a worker whose CBC is solving; a second worker is up.
    Proves: CBC dies with its worker, and the other worker takes the job over.
    """
    stack = case.stack()
    doomed, job = solving(stack, "first", "second")
    case.fault()
    doomed.kill()
    await_no_cbc(stack)
    await_attempt(stack, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_worker_whose_main_process_is_killed(case: Case) -> None:
    """Worker's main process killed

    Breaks: `kill -9` for the main process alone while CBC solves; its pool processes lose their parent.
    Proves: nothing of the worker stays behind, and another worker takes the job over.
    """
    stack = case.stack()
    doomed, job = solving(stack, "first", "second")
    case.fault()
    doomed.kill_main()
    await_attempt(stack, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_pool_process_killed(case: Case) -> None:
    """Pool process killed

    Breaks: `kill -9` for the pool process that solves, as when memory runs out; the worker itself lives.
    Proves: CBC dies with it; the worker gets a new process and does the job again.
    """
    stack = case.stack()
    worker, job = solving(stack, "only")
    child = next(seen.parent for seen in marked(stack.mark) if seen.is_cbc)
    assert child in children(worker.pid)
    case.fault()
    send(child, signal.SIGKILL)
    await_no_cbc(stack)
    await_attempt(stack, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_worker_told_to_leave(case: Case) -> None:
    """Worker told to leave

    Breaks: `SIGTERM` to a worker whose CBC is solving; a second worker is up.
    Proves: the job is handed back without costing an attempt, the other worker does it, and the first one leaves.
    """
    stack = case.stack()
    leaving, job = solving(stack, "first", "second")
    left = stack.one("SELECT attempts_left FROM jobs_jobrun")
    case.fault()
    leaving.process.send_signal(signal.SIGTERM)
    await_attempt(stack, 2)
    case.recovered("until the next attempt began", within=10)
    leaving.process.wait(timeout=30)
    case.recovered("until the worker was gone")
    settle(stack)
    assert stack.one("SELECT attempts_left FROM jobs_jobrun") == left, "handing back must not cost an attempt"
    case.outcome = audit(stack, [job])
