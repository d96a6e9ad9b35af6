"""PostgreSQL ends a page's transaction for another's sake: its person gets a sentence, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import OperationalError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from jobs import services
from jobs.models import JobRun
from jobs.states import Status
from rostering.collisions import TRY_AGAIN
from rostering.models import Notification
from tests.rostering.admin.worlds import World
from tests.threads import somebody_waits
from tests.waiting import wait

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/admin/jobs/jobrun/"
CAME_FROM = "http://testserver/admin/jobs/jobrun/?status__exact=queued"


@pytest.fixture
def other_transaction() -> Any:
    """Runs a function on a connection of its own and gives its thread to wait for."""
    started: list[threading.Thread] = []

    def run(work: Callable[[], None]) -> threading.Thread:
        def within() -> None:
            try:
                work()
            finally:
                connections.close_all()

        thread = threading.Thread(target=within)
        started.append(thread)
        thread.start()
        return thread

    yield run
    for thread in started:
        thread.join(30)


def raise_in_postgres(state: str, when: str) -> Callable[..., Any]:
    """Has PostgreSQL raise this state in place of every statement that contains `when`."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if when in sql:
            return execute(f"DO $$ BEGIN RAISE 'on purpose' USING ERRCODE = '{state}'; END $$", None, False, context)
        return execute(sql, params, many, context)

    return wrapper


def test_a_deadlock_in_an_action_brings_its_person_back_and_leaves_nothing_half_done(
    owner: Client, ours: World, other_transaction: Any
) -> None:
    """The action locks the newer job and waits for the older, which another transaction holds and waits the other way.

    PostgreSQL ends whoever finds, after waiting for a second, that it waits in a circle: the action, which waits first.
    """
    older, newer = (
        services.enqueue(kind="roster.generate", subject=f"roster:{number}", organization_id=ours.organization.pk)
        for number in (1001, 1002)
    )
    holds_one = threading.Event()

    def collide() -> None:
        with transaction.atomic():
            JobRun.objects.select_for_update().get(pk=older.pk)
            holds_one.set()
            wait("the action waits for the row", somebody_waits, seconds=20, every=0.01)
            JobRun.objects.select_for_update().get(pk=newer.pk)

    other = other_transaction(collide)
    assert holds_one.wait(20)
    chosen = {"action": "cancel_selected", "_selected_action": [str(newer.pk), str(older.pk)]}
    answer = owner.post(JOBS, chosen, headers={"Referer": CAME_FROM})
    other.join(20)

    assert (answer.status_code, answer.headers["Location"]) == (302, CAME_FROM)
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [TRY_AGAIN]
    assert set(JobRun.objects.filter(pk__in=[older.pk, newer.pk]).values_list("status", flat=True)) == {Status.QUEUED}
    assert TRY_AGAIN in owner.get(JOBS).content.decode()

    owner.post(JOBS, chosen)
    ended = JobRun.objects.filter(pk__in=[older.pk, newer.pk]).values_list("status", flat=True)
    assert set(ended) == {Status.CANCELLED}


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_a_form_that_collides_is_shown_again_with_the_sentence(owner: Client, ours: World, state: str) -> None:
    site = next(row for model, row in ours.rows.items() if model.__name__ == "Site")
    page = reverse("admin:rostering_site_change", args=[site.pk])
    with connection.execute_wrapper(raise_in_postgres(state, 'UPDATE "rostering_site"')):
        answer = owner.post(
            page,
            {"code": "NEW", "name": "Renamed", "client_name": "", "address": "", "time_zone": "", "active": "on"},
            headers={"Referer": f"http://testserver{page}"},
        )
    assert (answer.status_code, answer.headers["Location"]) == (302, f"http://testserver{page}")
    assert TRY_AGAIN in owner.get(page).content.decode()
    site.refresh_from_db()
    assert site.name != "Renamed"


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/admin/"])
def test_a_form_from_nowhere_gets_a_page_that_says_how_to_go_on(owner: Client, ours: World, referer: str) -> None:
    with connection.execute_wrapper(raise_in_postgres("40P01", 'FROM "jobs_jobrun"')):
        answer = owner.post(JOBS, {"action": "cancel_selected"}, headers={"Referer": referer})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert TRY_AGAIN in html and "Go back in your browser" in html and 'href="/admin/"' in html


def test_a_page_that_collides_says_so_and_can_be_opened_again(owner: Client, ours: World) -> None:
    """Opening a notification notes that it was read; the page is not sent back to where it came from, but asked for."""
    notice = Notification.objects.create(
        organization=ours.organization, user=ours.owner, kind="certification.expiring", subject="Ends soon", key="a"
    )
    page = reverse("admin:rostering_notification_change", args=[notice.pk])
    with connection.execute_wrapper(raise_in_postgres("40P01", 'UPDATE "rostering_notification"')):
        answer = owner.get(page, headers={"Referer": f"http://testserver{page}"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert TRY_AGAIN in html and f'href="{page}"' in html
    assert owner.get(page).status_code == 200


def test_polls_get_a_409_in_their_own_words(owner: Client, ours: World) -> None:
    live = reverse("admin:jobs_jobrun_live")
    with connection.execute_wrapper(raise_in_postgres("40001", 'FROM "jobs_jobrun"')):
        cells = owner.get(live, {"ids": str(ours.pk(JobRun))}, headers={"Accept": "application/json"})
        tile = owner.get("/admin/?part=jobs", headers={"HX-Request": "true", "Accept": "*/*"})
    assert (cells.status_code, cells.json()) == (409, {"detail": TRY_AGAIN})
    assert (tile.status_code, tile.content.decode()) == (409, TRY_AGAIN)


def test_other_faults_of_the_database_stay_faults(owner: Client, ours: World) -> None:
    with (
        connection.execute_wrapper(raise_in_postgres("57P01", 'FROM "jobs_jobrun"')),
        pytest.raises(OperationalError, match="on purpose"),
    ):
        owner.get(JOBS)
