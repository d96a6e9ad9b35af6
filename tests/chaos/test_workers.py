"""Workers that die, leave or stand still in the middle of a solve."""

from __future__ import annotations

import signal

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.processes import marked
from tests.chaos.stack import Program, Stack
from tests.chaos.steps import (
    NOTICE_SECONDS,
    RECOVERY_SECONDS,
    SHORT,
    await_attempt,
    await_no_cbc,
    open_for_business,
    solve,
    state,
    worker_of,
)
from tests.chaos.world import OPERATOR
from tests.processes import alive, children, send
from tests.waiting import wait

pytestmark = pytest.mark.chaos


def test_a_worker_killed_with_all_its_processes(case: Case) -> None:
    """Worker killed with all its processes

    Breaks: `kill -9` for the process group of a worker whose CBC is solving; a second worker is up.
    Proves: CBC dies with its worker, and the other worker takes the job over.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "first", "second")
    job = solve(stack, web)
    case.fault()
    worker_of(stack, job).kill()
    await_no_cbc(stack)
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_worker_whose_main_process_is_killed(case: Case) -> None:
    """Worker's main process killed

    Breaks: `kill -9` for the main process alone while CBC solves; its pool processes lose their parent.
    Proves: Nothing of the worker stays behind, and another worker takes the job over.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "first", "second")
    job = solve(stack, web)
    case.fault()
    worker_of(stack, job).kill_main()
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_pool_process_killed(case: Case) -> None:
    """Pool process killed

    Breaks: `kill -9` for the pool process that solves, as when memory runs out; its worker lives and is the only one.
    Proves: CBC dies with it; the worker gets a new process and does the job again.
    """
    stack = case.stack()
    web, (worker,) = open_for_business(stack, "worker")
    job = solve(stack, web)
    child = next(seen.parent for seen in marked(stack.mark) if seen.is_cbc)
    assert child in children(worker.pid)
    case.fault()
    send(child, signal.SIGKILL)
    await_no_cbc(stack)
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began", within=NOTICE_SECONDS)
    settle(stack)
    case.outcome = audit(stack, [job])


def test_a_worker_told_to_leave(case: Case) -> None:
    """Worker told to leave

    Breaks: `SIGTERM` to a worker whose CBC is solving; a second worker is up.
    Proves: The job is handed back without costing an attempt, the other worker does it, and the first one leaves.
    """
    stack = case.stack()
    web, _ = open_for_business(stack, "first", "second")
    job = solve(stack, web)
    leaving = worker_of(stack, job)
    left = stack.one("SELECT attempts_left FROM jobs_jobrun")
    case.fault()
    leaving.process.send_signal(signal.SIGTERM)
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began", within=10)
    leaving.process.wait(timeout=30)
    case.recovered("until the worker was gone")
    settle(stack)
    assert stack.one("SELECT attempts_left FROM jobs_jobrun") == left, "handing back must not cost an attempt"
    case.outcome = audit(stack, [job])


def test_a_worker_that_stood_still_comes_back(case: Case) -> None:
    """Worker that stood still comes back

    Breaks: `SIGSTOP` for a worker, its pool and its CBC until another worker has finished the job, then `SIGCONT`.
        (Lease 6 s, sweep 2 s.)
    Proves: The attempt that comes back finds itself outdated: it writes nothing and its CBC ends.
    """
    stack = case.stack(settings=SHORT)
    web, _ = open_for_business(stack, "first", "second")
    job = solve(stack, web)
    frozen = [seen.pid for seen in marked(worker_of(stack, job).mark)]
    case.fault()
    for pid in frozen:
        send(pid, signal.SIGSTOP)
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began")
    settle(stack)
    case.fault()
    for pid in frozen:
        send(pid, signal.SIGCONT)
    wait("the old attempt gives way", lambda: not stack.cbc(), 10)
    case.recovered("until the old attempt gave way")
    case.outcome = audit(stack, [job])


def test_a_pool_process_that_hangs(case: Case) -> None:
    """Pool process hangs

    Breaks: `SIGSTOP`, for good, for the pool process that solves; its CBC computes on; its worker is the only one.
    Proves: The job is done by the worker's other process; the hung one is killed, its CBC with it, and replaced.
    """
    stack = case.stack()
    web, (worker,) = open_for_business(stack, "worker")
    job = solve(stack, web)
    hung = next(seen.parent for seen in marked(stack.mark) if seen.is_cbc)
    assert hung in children(worker.pid)
    case.fault()
    send(hung, signal.SIGSTOP)
    await_attempt(stack, job, 2)
    case.recovered("until the next attempt began", within=RECOVERY_SECONDS)
    wait("the hung process is killed", lambda: not alive(hung), 60)
    case.recovered("until the hung process was killed")
    settle(stack)
    wait("it is replaced", lambda: len(children(worker.pid)) >= 2, 10)
    case.outcome = audit(stack, [job])


def test_a_job_that_does_not_hear_cancel(case: Case) -> None:
    """Job that does not hear *Cancel*

    Breaks: A job that never asks whether to stop is cancelled. (Lease 6 s, sweep 2 s, grace 3 s.)
    Proves: The pool process that runs it is killed and replaced, the job ends as cancelled, and the next job is done.
    """
    stack = case.stack(settings={**SHORT, "JOBS_GRACE_SECONDS": 3})
    web, _ = open_for_business(stack, "worker", concurrency=1)
    stack.run("enqueue", "django", "chaos_enqueue", "chaos.deaf", "600")
    stack.run("enqueue", "django", "chaos_enqueue", "chaos.write")
    job = str(stack.one("SELECT id FROM jobs_jobrun WHERE kind = 'chaos.deaf'"))
    await_attempt(stack, job, 1)
    case.fault()
    assert web.cancel(job, user=OPERATOR).status == 200
    wait("it is cancelled", lambda: state(stack, job) == "cancelled", 30)
    case.recovered("until it had ended")
    settle(stack)
    case.outcome = audit(stack, [str(known) for (known,) in stack.sql("SELECT id FROM jobs_jobrun")])


def test_a_job_that_kills_every_worker(case: Case) -> None:
    """Job that kills every worker

    Breaks: A job kills the process group of whichever worker runs it; the worker is started again each time.
        (Lease 6 s, sweep 2 s.)
    Proves: After its last attempt the job fails with a reason, and the jobs behind it are done.
    """
    stack = case.stack(settings=SHORT)
    stack.run("enqueue", "django", "chaos_enqueue", "chaos.poison")
    stack.run("enqueue", "django", "chaos_enqueue", "chaos.write")
    poison = str(stack.one("SELECT id FROM jobs_jobrun WHERE kind = 'chaos.poison'"))
    case.fault()
    for number in range(8):
        if state(stack, poison) == "failed":
            break
        _await_end(stack, stack.begin_worker(f"worker-{number}"), poison)
    case.recovered("until it had failed for good")
    settle(stack)
    sentence = str(stack.one("SELECT error FROM jobs_jobrun WHERE id = %s", poison))
    assert "stopped answering 3 times" in sentence, sentence
    jobs = [str(job) for (job,) in stack.sql("SELECT id FROM jobs_jobrun")]
    case.outcome = audit(stack, jobs)


def _await_end(stack: Stack, worker: Program, job: str) -> None:
    wait("the job ends, or its worker", lambda: worker.ended() or state(stack, job) == "failed", 60)
