"""The schedules' pages: what they show, to whom, *run now*, and every mistake refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_results.models import TaskResult
from pytest_django import DjangoAssertNumQueries

from jobs import schedules, services
from jobs.models import JobRun
from jobs.runner import run_job

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.jobs.urls")]

LIST = "/admin/django_celery_beat/periodictask/"
FORM: dict[str, str] = {
    "name": "Nightly sums",
    "enabled": "on",
    "description": "Adds.",
    "kind": "test.add",
    "params": '{"a": 1, "b": 2}',
    "repeats": "clock",
    "minute": "15",
    "hour": "3",
    "day_of_week": "mon, thu",
    "day_of_month": "*",
    "month_of_year": "*",
    "timezone": "Europe/Berlin",
    "every": "",
    "period": "",
    "once_at_0": "",
    "once_at_1": "",
    "start_time_0": "",
    "start_time_1": "",
    "expires_0": "",
    "expires_1": "",
    "task": "",
    "args": "[]",
    "kwargs": "{}",
    "queue": "",
}


def make(name: str = "Nightly sums", kind: str = "test.add", **values: Any) -> PeriodicTask:
    crontab, _ = CrontabSchedule.objects.get_or_create(minute="15", hour="3", timezone="Europe/Berlin")
    kwargs = {"schedule": name, "kind": kind, "params": {"a": 1, "b": 2}}
    values = {"task": schedules.START_TASK, "crontab": crontab, "kwargs": json.dumps(kwargs), **values}
    return PeriodicTask.objects.create(name=name, **values)


def address(entry: PeriodicTask, verb: str = "change") -> str:
    return f"{LIST}{entry.pk}/{verb}/"


@pytest.fixture
def page(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def test_the_list_says_when_in_words_and_shows_last_and_next_run(page: Client, root: User) -> None:
    entry = make()
    job = schedules.run_now(entry, root)
    assert job is not None
    run_job(job.pk, inline=True)
    html = page.get(LIST).content.decode()
    assert "every day at 03:15, Europe/Berlin" in html
    assert f"/admin/jobs/jobrun/{job.pk}/change/" in html and "by root" in html and "Done" in html
    assert "03:15 Europe/Berlin" in html and f'formaction="{address(entry, "run")}"' in html


def test_a_disabled_schedule_has_no_next_run(page: Client) -> None:
    make(enabled=False)
    assert ">disabled</span>" in page.get(LIST).content.decode()


def test_the_list_costs_the_same_for_two_schedules_and_for_twenty(
    page: Client, root: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (2, 18):
        for _ in range(size):
            entry = make(f"Sums {PeriodicTask.objects.count()}")
            schedules.run_now(entry, root)
        with django_assert_max_num_queries(7):
            assert page.get(LIST).status_code == 200


def test_the_page_says_what_the_schedule_does_and_lists_its_last_ten_jobs(
    page: Client, root: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    entry = make(description="Adds up the day.")
    empty = page.get(address(entry)).content.decode()
    assert "Adds up the day. Starts the job “Add two numbers” every day at 03:15, Europe/Berlin." in empty
    assert "It has not run yet" in empty
    for _ in range(12):
        job = schedules.run_now(entry, root)
        assert job is not None
        services.cancel(job)
    with django_assert_max_num_queries(12):
        html = page.get(address(entry)).content.decode()
    assert html.count('class="job-outcome"') == 10
    assert "by hand, root" in html and "schedule=Nightly+sums" in html


def test_a_built_in_schedule_keeps_its_name_and_cannot_be_deleted(page: Client) -> None:
    schedules.setup()
    sweep = PeriodicTask.objects.get(name=schedules.SWEEP_NAME)
    html = page.get(address(sweep)).content.decode()
    assert 'name="name"' not in html and "disable it instead" in html
    assert page.post(address(sweep, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [sweep.pk], "post": "yes"}
    page.post(LIST, chosen)
    assert PeriodicTask.objects.filter(pk=sweep.pk).exists()


# Run now


def test_run_now_leads_to_the_page_of_the_job_it_started(page: Client, root: User) -> None:
    entry = make(enabled=False)
    answer = page.post(address(entry, "run"))
    job = JobRun.objects.get()
    assert answer["Location"] == f"/admin/jobs/jobrun/{job.pk}/change/"
    assert (job.schedule, job.requested_by, job.params) == (entry.name, root, {"a": 1, "b": 2})
    html = page.get(answer["Location"]).content.decode()
    assert "by hand" in html and f'href="{address(entry)}"' in html


def test_run_now_while_the_last_job_is_active_says_so_and_starts_nothing(page: Client) -> None:
    entry = make()
    page.post(address(entry, "run"))
    again = page.post(address(entry, "run"), follow=True).content.decode()
    assert "still waiting" in again and JobRun.objects.count() == 1


def test_the_action_runs_every_schedule_chosen_and_names_the_one_that_cannot(page: Client) -> None:
    good, broken = make("Good"), make("Broken", kind="test.gone")
    chosen = {"action": "run_selected", "_selected_action": [good.pk, broken.pk]}
    html = page.post(LIST, chosen, follow=True).content.decode()
    assert "“Good” started" in html and "“Broken” cannot start" in html
    assert [job.schedule for job in JobRun.objects.all()] == ["Good"]


def test_run_now_answers_to_post_alone_with_the_csrf_token(root: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    entry = make()
    assert client.get(address(entry, "run")).status_code == 405
    assert client.post(address(entry, "run")).status_code == 403
    assert client.post(f"{LIST}999/run/").status_code in (403, 404)
    assert not JobRun.objects.exists()


def test_enabling_and_disabling_tell_beat_and_make_up_for_nothing(page: Client) -> None:
    entry = make(last_run_at=timezone.now())
    before = PeriodicTasks.last_change()
    page.post(LIST, {"action": "disable_selected", "_selected_action": [entry.pk]})
    entry.refresh_from_db()
    assert (entry.enabled, entry.last_run_at) == (False, None) and PeriodicTasks.last_change() != before
    page.post(LIST, {"action": "enable_selected", "_selected_action": [entry.pk]})
    entry.refresh_from_db()
    assert entry.enabled and entry.last_run_at is None


# The form


def test_a_schedule_is_made_with_its_job_and_its_times(page: Client) -> None:
    answer = page.post(f"{LIST}add/", FORM)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    entry = PeriodicTask.objects.get(name="Nightly sums")
    assert (entry.task, entry.args, entry.queue) == (schedules.START_TASK, "[]", None)
    assert json.loads(entry.kwargs) == {"schedule": entry.name, "kind": "test.add", "params": {"a": 1, "b": 2}}
    when = entry.crontab
    assert (when.minute, when.hour, when.day_of_week, str(when.timezone)) == ("15", "3", "mon,thu", "Europe/Berlin")
    job = schedules.run_now(entry, None)
    assert job is not None and run_job(job.pk, inline=True).status == "succeeded"  # type: ignore[union-attr]


def test_editing_the_times_of_one_schedule_leaves_others_with_the_same_times_alone(page: Client) -> None:
    entry, other = make(), make("Other", last_run_at=timezone.now())
    PeriodicTask.objects.filter(pk=entry.pk).update(last_run_at=timezone.now())
    answer = page.post(address(entry), {**FORM, "hour": "14"}, follow=True)
    assert "every Monday and Thursday at 14:15, Europe/Berlin; next" in answer.content.decode()
    entry.refresh_from_db()
    other.refresh_from_db()
    assert (entry.crontab.hour, other.crontab.hour) == ("14", "3")
    assert entry.last_run_at is None, "beat counts from the edit on"
    assert other.last_run_at is not None


def test_renaming_a_schedule_renames_it_for_its_jobs_too(page: Client) -> None:
    entry = make()
    page.post(address(entry), {**FORM, "name": "Evening sums"})
    entry.refresh_from_db()
    assert json.loads(entry.kwargs)["schedule"] == entry.name == "Evening sums"


def test_a_schedule_can_repeat_by_interval_or_run_once(page: Client) -> None:
    page.post(f"{LIST}add/", {**FORM, "repeats": "interval", "every": "20", "period": "minutes"})
    entry = PeriodicTask.objects.get(name="Nightly sums")
    assert (entry.interval.every, entry.interval.period, entry.crontab) == (20, "minutes", None)
    page.post(address(entry), {**FORM, "repeats": "once", "once_at_0": "2099-03-01", "once_at_1": "06:00:00"})
    entry.refresh_from_db()
    assert (entry.interval, entry.clocked.clocked_time.year, entry.one_off) == (None, 2099, True)
    page.post(address(entry), FORM)
    entry.refresh_from_db()
    assert (entry.clocked, entry.one_off, entry.crontab.hour) == (None, False, "3")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "no.such.kind"}, "No job is called “no.such.kind” in this installation."),
        ({"kind": "", "task": "no.such.task"}, "No task is called “no.such.task” in this installation."),
        ({"kind": ""}, "Choose what it starts"),
        ({"task": "jobs.sweep"}, "a job or a Celery task, not both"),
        ({"kind": "", "task": "jobs.sweep", "kwargs": "{'a': 1}"}, "The keyword arguments are not valid JSON"),
        ({"kind": "", "task": "jobs.sweep", "kwargs": "[1]"}, "must be a JSON object"),
        ({"kind": "", "task": "jobs.sweep", "args": "{}"}, "must be a JSON list"),
        ({"kind": "", "task": "jobs.sweep", "args": "[1]"}, "cannot be called with these arguments"),
        ({"kind": "", "task": "jobs.run"}, "cannot be called with these arguments: missing a required argument"),
        ({"params": "{"}, "The parameters are not valid JSON"),
        ({"params": "3"}, "The parameters must be a JSON object"),
        ({"queue": "nowhere"}, "No worker listens on the queue “nowhere”."),
        ({"minute": "61"}, "“61” cannot be read here."),
        ({"hour": "noon"}, "“noon” cannot be read here."),
        ({"hour": ""}, "or * for every one"),
        ({"day_of_week": "someday"}, "“someday” cannot be read here."),
        ({"day_of_month": "31", "month_of_year": "2"}, "No date in the next five years fits"),
        ({"timezone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone."),
        ({"repeats": "interval"}, "Say how often"),
        ({"repeats": "interval", "every": "0", "period": "minutes"}, "greater than or equal to 1"),
        ({"repeats": "once"}, "Say when"),
        ({"repeats": "once", "once_at_0": "2001-01-01", "once_at_1": "06:00:00"}, "This moment has passed"),
        ({"name": ""}, "This field is required"),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_a_mistake_is_refused_in_a_sentence_and_nothing_is_saved(
    page: Client, changes: dict[str, str], sentence: str
) -> None:
    make("Taken")
    answer = page.post(f"{LIST}add/", {**FORM, **changes})
    assert answer.status_code == 200
    shown = str(answer.context["adminform"].form.errors).replace("&#x27;", "'")
    assert sentence in shown
    assert PeriodicTask.objects.count() == 1


@pytest.mark.parametrize("kwargs", ["{", "[]", '{"kind": "test.gone"}'])
def test_an_entry_that_is_broken_already_can_be_looked_at_and_mended(page: Client, kwargs: str) -> None:
    entry = make(kwargs=kwargs)
    assert page.get(LIST).status_code == 200
    assert page.get(address(entry)).status_code == 200
    assert page.post(address(entry), FORM).status_code == 302
    entry.refresh_from_db()
    assert json.loads(entry.kwargs)["kind"] == "test.add"


def test_a_name_is_text_and_never_markup(page: Client) -> None:
    entry = make("<script>alert(1)</script>", description="<b>x</b>")
    schedules.run_now(entry, None)
    for url in (LIST, address(entry)):
        html = page.get(url).content.decode()
        assert "<script>alert" not in html and "<b>x</b>" not in html


# Who


def test_staff_with_the_permission_manage_schedules_and_see_their_jobs_but_no_traceback(
    alice: User, root: User
) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="change_periodictask"))
    client = Client()
    client.force_login(alice)
    entry = make(kind="test.break")
    assert client.get(LIST).status_code == 200
    assert client.post(address(entry, "run")).status_code == 302
    assert JobRun.objects.get().requested_by == alice
    assert client.get("/admin/django_celery_beat/crontabschedule/").status_code == 200


@pytest.mark.parametrize("path", ["", "{pk}/change/", "add/"])
def test_other_staff_find_no_schedules(alice: User, path: str) -> None:
    entry = make()
    client = Client()
    client.force_login(alice)
    assert client.get(LIST + path.format(pk=entry.pk)).status_code == 403
    assert client.post(address(entry, "run")).status_code in (403, 404)
    assert client.get("/admin/django_celery_results/taskresult/").status_code == 403
    assert not JobRun.objects.exists()


def test_the_permission_of_one_who_is_no_staff_opens_nothing(db: None) -> None:
    plain = User.objects.create_user("plain")
    plain.user_permissions.add(Permission.objects.get(codename="change_periodictask"))
    client = Client()
    client.force_login(plain)
    assert client.get(LIST).status_code == 302


# Times and results


def test_rows_of_times_say_who_uses_them(page: Client) -> None:
    make()
    IntervalSchedule.objects.create(every=15, period="minutes")
    html = page.get("/admin/django_celery_beat/crontabschedule/").content.decode()
    assert "every day at 03:15, Europe/Berlin" in html and "Nightly sums" in html
    html = page.get("/admin/django_celery_beat/intervalschedule/").content.decode()
    assert "every 15 minutes" in html and "no schedule" in html


def test_results_of_a_plain_task_are_linked_from_its_schedule_and_readable(page: Client) -> None:
    entry = make(task="jobs.sweep", kwargs="{}")
    assert "taskresult" not in page.get(address(entry)).content.decode().partition("job-schedule")[2][:3000]
    result = TaskResult.objects.create(
        task_id="a1", task_name="jobs.sweep", periodic_task_name=entry.name, status="FAILURE", result='"<b>no</b>"'
    )
    assert "/admin/django_celery_results/taskresult/?q=Nightly+sums" in page.get(address(entry)).content.decode()
    html = page.get("/admin/django_celery_results/taskresult/?q=Nightly+sums").content.decode()
    assert "Failure" in html and "<b>no</b>" not in html
    assert page.get(f"/admin/django_celery_results/taskresult/{result.pk}/change/").status_code == 200
    assert page.post(f"/admin/django_celery_results/taskresult/{result.pk}/delete/").status_code == 403
