"""Organizations take turns, however many jobs one of them has started."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from jobs import fairness, lifecycle, services
from jobs.models import JobRun
from jobs.runner import run_next
from jobs.states import Status
from tests.jobs.conftest import Enqueue, expire_lease
from tests.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def start(enqueue: Enqueue, organization: int | None, count: int, kind: str = "test.add") -> list[JobRun]:
    return [enqueue(kind, organization_id=organization) for _ in range(count)]


def served(messages: list[JobRun]) -> list[int | None]:
    """Whose job each message serves, one worker taking them one after the other."""
    organizations = []
    for message in messages:
        job = run_next(message.pk, worker="w1")
        assert job is not None and job.status == Status.SUCCEEDED
        organizations.append(job.organization_id)
    return organizations


def test_one_job_of_b_behind_ten_of_a_is_served_second(enqueue: Enqueue) -> None:
    a = start(enqueue, 1, 10)
    b = start(enqueue, 2, 1)
    assert served([*a, *b]) == [1, 2] + [1] * 9
    assert JobRun.objects.filter(status=Status.SUCCEEDED, attempt=1).count() == 11


def test_two_hundred_jobs_of_twenty_organizations_are_served_in_rounds(enqueue: Enqueue) -> None:
    jobs = [job for organization in range(1, 21) for job in start(enqueue, organization, 10)]
    order = served(jobs)
    for number in range(10):
        assert sorted(order[20 * number : 20 * number + 20]) == list(range(1, 21))  # type: ignore[type-var]


def test_jobs_of_no_organization_take_turns_as_one_more(enqueue: Enqueue) -> None:
    a = start(enqueue, 1, 3)
    platform = start(enqueue, None, 3)
    assert served([*a, *platform]) == [1, None, 1, None, 1, None]


def test_the_organization_with_the_fewest_running_goes_first(enqueue: Enqueue) -> None:
    a = start(enqueue, 1, 3)
    b = start(enqueue, 2, 3)
    claims = [lifecycle.claim_next(message.pk, worker="w1") for message in [*a, *b]]
    assert [job.organization_id for job in claims if job] == [1, 2, 1, 2, 1, 2]


def test_within_an_organization_the_oldest_goes_first(enqueue: Enqueue) -> None:
    jobs = start(enqueue, 1, 4)
    claims = [lifecycle.claim_next(message.pk, worker="w1") for message in reversed(jobs)]
    assert [job.pk for job in claims if job] == [job.pk for job in jobs]


def test_a_message_wakes_work_of_its_own_queue_alone(enqueue: Enqueue) -> None:
    solve = enqueue("test.search", organization_id=1)
    other = enqueue("test.add", organization_id=2)
    claimed = lifecycle.claim_next(other.pk, worker="w1")
    assert claimed is not None and claimed.pk == other.pk
    assert lifecycle.claim_next(other.pk, worker="w1") is None
    solve.refresh_from_db()
    assert solve.status == Status.QUEUED


def test_what_is_not_due_cancelled_or_used_up_is_nobodys_turn(enqueue: Enqueue) -> None:
    enqueue(organization_id=1, delay=timedelta(hours=1))
    services.cancel(enqueue(organization_id=2))
    used_up = enqueue(organization_id=3)
    JobRun.objects.filter(pk=used_up.pk).update(attempts_left=0)
    assert lifecycle.claim_next(used_up.pk, worker="w1") is None
    assert lifecycle.claim_next(uuid.uuid4(), worker="w1") is None


def test_duplicate_messages_at_once_run_every_job_exactly_once(enqueue: Enqueue) -> None:
    jobs = [job for organization in range(1, 5) for job in start(enqueue, organization, 2)]
    messages = jobs * 3

    in_parallel(8, lambda number: [run_next(message.pk, worker=f"w{number}") for message in messages[number::8]])
    assert JobRun.objects.filter(status=Status.SUCCEEDED, attempt=1).count() == len(jobs)


def test_workers_that_choose_at_the_same_moment_choose_different_organizations(enqueue: Enqueue) -> None:
    a = start(enqueue, 1, 4)
    start(enqueue, 2, 1)
    start(enqueue, 3, 1)
    chosen: list[uuid.UUID | None] = []
    all_chose = threading.Barrier(3)

    def choose(number: int) -> None:
        with transaction.atomic():
            chosen.append(fairness.next_in_line(a[0].pk))
            all_chose.wait(timeout=20)

    in_parallel(3, choose)
    organizations = JobRun.objects.filter(pk__in=[pk for pk in chosen if pk]).values_list("organization_id", flat=True)
    assert set(organizations) == {1, 2, 3}


def test_a_row_locked_for_a_moment_by_its_sender_is_waited_for(enqueue: Enqueue) -> None:
    job = enqueue(organization_id=1)
    claims: list[JobRun | None] = []

    def work() -> None:
        claims.append(lifecycle.claim_next(job.pk, worker="w1"))
        connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        JobRun.objects.filter(pk=job.pk).update(rung_at=Now())
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
    thread.join(timeout=10)
    assert [claim.pk for claim in claims if claim] == [job.pk]


def test_a_message_for_a_job_whose_worker_died_still_takes_it_over(enqueue: Enqueue) -> None:
    job = enqueue(organization_id=1)
    lifecycle.claim(job.pk, worker="dead")
    expire_lease(job)
    again = lifecycle.claim_next(job.pk, worker="w2")
    assert again is not None and (again.pk, again.attempt) == (job.pk, 2)


def test_choosing_costs_as_many_queries_for_two_hundred_waiting_jobs_as_for_two(
    enqueue: Enqueue, job_settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few = start(enqueue, 1, 2)
    # Choose, claim, read, close what a lost worker left open, open the attempt; begin and commit.
    with django_assert_num_queries(7):
        assert lifecycle.claim_next(few[0].pk, worker="w1")
    for organization in range(2, 22):
        start(enqueue, organization, 10)
    with django_assert_num_queries(7):
        assert lifecycle.claim_next(few[1].pk, worker="w1")


def test_choosing_reads_indexes_however_many_jobs_have_ended(enqueue: Enqueue) -> None:
    job = enqueue(organization_id=1)
    for organization in range(2, 12):
        start(enqueue, organization, 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_jobrun (id, kind, subject, organization_id, params, queue, status, control, hand_back,"
            " attempt, attempts_left, worker, rings, progress, stage, message, history, error, error_detail,"
            " failure_kind, queued_at, started_at, completed_at, claimed_at, schedule, slot)"
            " SELECT gen_random_uuid(), 'test.add', '', n %% 50, '{}', 'default', 'succeeded', '', false, 1, 2, 'w', 1,"
            " 100, '', '', '[]', '', '', '', past, past, past, past, '', ''"
            " FROM (SELECT n, now() - n * interval '1 minute' AS past FROM generate_series(1, 30000) AS n) AS rows",
            [],
        )
        cursor.execute("ANALYZE jobs_jobrun")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + fairness._NEXT_IN_LINE % _literals(job.pk))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
    assert "jobs_last_start" in plan, plan
    assert max(int(pages) for pages in re.findall(r"shared hit=(\d+)", plan)) < 1000, plan


def _literals(job_id: uuid.UUID) -> dict[str, str]:
    return {"queued": "'queued'", "running": "'running'", "cancel": "'cancel'", "rung_for": f"'{job_id}'"}
