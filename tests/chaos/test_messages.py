"""Messages that come more than once, and two beats for one schedule."""

from __future__ import annotations

import time

import pytest

from tests.chaos.audit import audit, settle
from tests.chaos.case import Case
from tests.chaos.messages import send_again
from tests.chaos.steps import SOLVE_SECONDS, accepted, open_for_business, small
from tests.waiting import wait

pytestmark = pytest.mark.chaos

COPIES = 5
SMALL_JOBS = 8
BEAT_SECONDS = 70


def test_every_message_comes_five_times(case: Case) -> None:
    """Every message comes five times

    Breaks: Two workers; the message of each of nine jobs is sent five times.
    Proves: One attempt a job; the other messages find nothing to claim.
    """
    stack = case.stack()
    web, _ = open_for_business(stack)
    jobs = [accepted(web.generate(seconds=SOLVE_SECONDS // 2))]
    jobs += [accepted(small(web, number)) for number in range(SMALL_JOBS)]
    send_again(stack, jobs, times=COPIES - 1)
    assert stack.redis().llen("solve") == COPIES * len(jobs)
    workers = [stack.begin_worker(name) for name in ("first", "second")]
    settle(stack)
    wait("all messages are read", lambda: stack.redis().llen("solve") == 0)
    wait("nothing is left to do", lambda: sum(w.text.count(" succeeded in ") for w in workers) >= COPIES * len(jobs))
    assert sum(worker.text.count("Task jobs.run[") for worker in workers) >= COPIES * len(jobs)
    assert stack.one("SELECT max(attempt) FROM jobs_jobrun") == 1
    case.outcome = audit(stack, jobs)


def test_two_beats(case: Case) -> None:
    """Two beats

    Breaks: Two beats run the same schedules: one every five seconds, one at every full minute.
    Proves: One job a slot, and no slot without its job.
    """
    stack = case.stack(settings={})
    stack.sql("UPDATE django_celery_beat_periodictask SET enabled = true WHERE name LIKE 'Chaos%%'")
    stack.start_worker()
    beats = [stack.start_beat(name) for name in ("beat", "other-beat")]
    wait("both beats have begun", lambda: all("Sending due task Chaos" in beat.text for beat in beats), 60)
    time.sleep(BEAT_SECONDS)
    for beat in beats:
        beat.kill()
    settle(stack)
    slots = stack.sql("SELECT schedule, count(*), count(DISTINCT slot) FROM jobs_jobrun GROUP BY 1 ORDER BY 1")
    assert all(jobs == different for _, jobs, different in slots), slots
    by_name = {name: jobs for name, jobs, _ in slots}
    assert by_name.get("Chaos minute") == stack.one(
        "SELECT floor(extract(epoch FROM max(queued_at)) / 60) - floor(extract(epoch FROM min(queued_at)) / 60) + 1"
        " FROM jobs_jobrun WHERE schedule = 'Chaos minute'"
    )
    holes = stack.one(
        "SELECT count(*) FROM (SELECT slot::timestamptz - lag(slot::timestamptz) OVER (ORDER BY slot) AS step"
        " FROM jobs_jobrun WHERE schedule = 'Chaos tick') steps WHERE step > interval '5 seconds'"
    )
    assert holes == 0, f"{holes} slots have no job"
    sent = sum(beat.text.count("Sending due task Chaos") for beat in beats)
    made = sum(by_name.values())
    assert sent > 1.5 * made, f"the beats sent {sent} messages for {made} slots"
    case.outcome = audit(stack, [str(job) for (job,) in stack.sql("SELECT id FROM jobs_jobrun")])
