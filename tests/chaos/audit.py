"""What every case must leave behind, read from the database and /proc, past all code of the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.chaos.processes import marked
from tests.chaos.stack import Stack
from tests.processes import descends
from tests.waiting import wait

FINAL = ("succeeded", "failed", "cancelled")


def settle(stack: Stack, seconds: float = 120) -> float:
    """Wait until no job is queued or running; how long that took."""
    count = "SELECT count(*) FROM jobs_jobrun WHERE status IN ('queued', 'running')"
    return wait("every job ends", lambda: stack.one(count) == 0, seconds, every=0.1)


def audit(stack: Stack, accepted: Iterable[str]) -> str:
    """Check everything and say in a few words how the jobs ended. Raises AssertionError naming every broken promise."""
    wanted = {str(job) for job in accepted}
    faults = [
        *_lost(stack, wanted),
        *_ends(stack),
        *_attempts(stack),
        *_leases(stack),
        *_rosters(stack),
        *_processes(stack),
    ]
    assert not faults, "broken promises:\n" + "\n".join(faults)
    return _summary(stack)


def _lost(stack: Stack, wanted: set[str]) -> list[str]:
    known = {str(job) for (job,) in stack.sql("SELECT id FROM jobs_jobrun")}
    return [f"accepted job {job} is not there any more" for job in wanted - known]


def _ends(stack: Stack) -> list[str]:
    """One final state each, reached once and never touched again."""
    faults = [
        f"job {job} is {status}, not ended"
        for job, status in stack.sql("SELECT id, status FROM jobs_jobrun WHERE status <> ALL (%s)", list(FINAL))
    ]
    ends = """
        SELECT job, count(*) FILTER (WHERE became = ANY (%(final)s) AND was <> became),
               count(*) FILTER (WHERE was = ANY (%(final)s)), count(DISTINCT completed_at)
        FROM chaos_states GROUP BY job
    """.replace("%(final)s", "%s")
    for job, ended, touched, times in stack.sql(ends, list(FINAL), list(FINAL)):
        if ended != 1 or touched or times != 1:
            faults.append(f"job {job} ended {ended} times with {times} end times, and changed {touched} times after")
    return faults


def _attempts(stack: Stack) -> list[str]:
    """Attempts are numbered without holes, all closed, and exactly one succeeded where the job did, none elsewhere."""
    query = """
        SELECT job.id, job.status, job.attempt, count(a.id), count(a.id) FILTER (WHERE a.ended_at IS NULL),
               count(a.id) FILTER (WHERE a.outcome = 'succeeded')
        FROM jobs_jobrun job LEFT JOIN jobs_jobattempt a ON a.job_id = job.id GROUP BY job.id
    """
    faults = []
    for job, status, attempt, made, open_, succeeded in stack.sql(query):
        if made != attempt or open_ or succeeded != (status == "succeeded"):
            recorded = f"{made} are recorded, {open_} open, {succeeded} succeeded"
            faults.append(f"job {job} ({status}) counts {attempt} attempts; {recorded}")
    return faults


def _leases(stack: Stack) -> list[str]:
    running = "SELECT id FROM jobs_jobrun WHERE status = 'running' AND lease_expires_at < now()"
    return [f"job {job} is running without a live lease" for (job,) in stack.sql(running)]


def _rosters(stack: Stack) -> list[str]:
    """A finished roster is what one transaction wrote, the one that ended its job; any other is empty."""
    twice = """
        SELECT roster_id, shift_id, staff_id, count(*) FROM rostering_assignment GROUP BY 1, 2, 3 HAVING count(*) > 1
    """
    faults = [
        f"roster {roster}: person {staff} is on shift {shift} {count} times"
        for roster, shift, staff, count in stack.sql(twice)
    ]
    query = """
        SELECT roster.id, job.status, ending.xid,
               (SELECT count(*) FROM rostering_assignment a WHERE a.roster_id = roster.id),
               (SELECT coalesce(sum(w.rows), 0) FROM chaos_writes w
                WHERE w.roster = roster.id AND w.rows > 0 AND w.xid = ending.xid),
               (SELECT count(*) FROM chaos_writes w
                WHERE w.roster = roster.id AND w.xid <> ending.xid AND w.at > ending.at)
        FROM rostering_roster roster JOIN jobs_jobrun job ON job.id = roster.job_id
        JOIN chaos_states ending ON ending.job = job.id AND ending.became = job.status AND ending.was <> job.status
        WHERE job.status = ANY (%s)
    """
    for roster, status, _, rows, published, later in stack.sql(query, list(FINAL)):
        if later:
            faults.append(f"roster {roster} was written {later} times after its job had ended")
        if status == "succeeded" and (not rows or rows != published):
            faults.append(
                f"roster {roster} has {rows} assignments; the transaction that ended its job wrote {published}"
            )
        if status != "succeeded" and rows:
            faults.append(f"roster {roster} of a {status} job keeps {rows} assignments")
    return faults


def _processes(stack: Stack) -> list[str]:
    """No solver, and nothing that has lost the program it belongs to."""
    ours = [program.pid for program in stack.programs if not program.ended()]
    faults = []
    for seen in marked(stack.mark):
        if seen.is_cbc:
            faults.append(f"CBC (process {seen.pid}) is still at work")
        elif not descends(seen.pid, ours):
            faults.append(f"process {seen.pid} of {seen.mark} has outlived it: {seen.command[:120]}")
    return faults


def _summary(stack: Stack) -> str:
    words = {"succeeded": "done", "failed": "failed", "cancelled": "cancelled"}
    ends = Counter(str(status) for (status,) in stack.sql("SELECT status FROM jobs_jobrun"))
    jobs = ", ".join(f"{ends[status]} {word}" for status, word in words.items() if ends[status])
    outcomes = Counter(
        str(outcome).replace("_", " ")
        for (outcome,) in stack.sql("SELECT outcome FROM jobs_jobattempt ORDER BY started_at")
    )
    attempts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()) or "none"
    return f"{jobs}; attempts: {attempts}"
