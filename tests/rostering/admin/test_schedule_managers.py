"""Who manages the platform's schedules: superusers and staff with the permission, members of an organization or not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from jobs import schedules, services
from jobs.models import JobRun
from rostering.access import SESSION_KEY
from rostering.models import Role
from tests import builders
from tests.rostering.admin.worlds import World

pytestmark = pytest.mark.django_db

LIST = "/admin/django_celery_beat/periodictask/"
JOBS = "/admin/jobs/jobrun/"


@pytest.fixture
def entry() -> PeriodicTask:
    schedules.setup()
    return PeriodicTask.objects.get(name="Tidy up old jobs")


@pytest.fixture
def platform_job(entry: PeriodicTask) -> JobRun:
    job = schedules.run_now(entry, None)
    assert job is not None
    return job


def permitted(user: User) -> User:
    user.user_permissions.add(Permission.objects.get(codename="change_periodictask"))
    return User.objects.get(pk=user.pk)


def test_manager_without_any_organization_opens_schedules_and_their_jobs_and_nothing_else(
    client: Client, ours: World, entry: PeriodicTask
) -> None:
    theirs = services.enqueue(kind="jobs.tidy_up", subject="ours", organization_id=ours.organization.pk)
    client.force_login(permitted(builders.make_user("operator", is_staff=True)))
    assert client.get(LIST).status_code == 200
    started = client.post(f"{LIST}{entry.pk}/run/", follow=True)
    assert started.status_code == 200 and "by hand" in started.content.decode()
    assert client.get(JOBS).status_code == 200
    assert client.get(f"{JOBS}{theirs.pk}/change/").status_code == 404
    assert client.get("/admin/rostering/staff/", follow=True).status_code == 403
    html = client.get(LIST).content.decode()
    assert "Schedules" in html and "/admin/auth/user/" not in html


def test_stranger_without_the_permission_is_still_turned_away(client: Client, entry: PeriodicTask) -> None:
    client.force_login(builders.make_user("stranger", is_staff=True))
    for address in (LIST, JOBS):
        assert client.get(address, follow=True).status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_no_role_in_an_organization_opens_schedules_or_the_platforms_jobs(
    client: Client, ours: World, entry: PeriodicTask, platform_job: JobRun, role: Role
) -> None:
    client.force_login(builders.make_member(ours.organization, role))
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{entry.pk}/run/").status_code in (403, 404)
    assert client.get(f"{JOBS}{platform_job.pk}/change/").status_code == 404
    assert str(platform_job.pk) not in client.get(JOBS).content.decode()


def test_platform_staff_reach_a_schedules_job_whatever_organization_they_chose(
    client: Client, ours: World, theirs: World, platform_job: JobRun
) -> None:
    foreign = services.enqueue(kind="jobs.tidy_up", subject="theirs", organization_id=theirs.organization.pk)
    client.force_login(User.objects.create_superuser("root"))
    session = client.session
    session[SESSION_KEY] = ours.organization.slug
    session.save()
    assert client.get(f"{JOBS}{platform_job.pk}/change/").status_code == 200
    assert client.get(f"{JOBS}{foreign.pk}/change/").status_code == 404
    named = client.get(f"/api/v1/jobs/list?organization={ours.organization.slug}").json()
    assert str(platform_job.pk) not in str(named), "an organization named in the request is meant alone"


def test_jobs_of_several_organizations_are_told_apart_and_filtered(
    client: Client, ours: World, theirs: World, platform_job: JobRun
) -> None:
    mine = services.enqueue(kind="jobs.tidy_up", subject="ours", organization_id=ours.organization.pk)
    client.force_login(User.objects.create_superuser("root"))
    everything = client.get(JOBS).content.decode()
    assert f">{ours.organization.name}</td>" in everything and ">The platform</td>" in everything
    filtered = client.get(f"{JOBS}?of={ours.organization.pk}").content.decode()
    assert str(mine.pk) in filtered and str(platform_job.pk) not in filtered
    platform = client.get(f"{JOBS}?of=platform").content.decode()
    assert str(platform_job.pk) in platform and str(mine.pk) not in platform
    assert client.get(f"{JOBS}?of=nonsense&person=nonsense&schedule=none").status_code == 200


def test_the_link_to_flower_is_in_the_menu_only_where_flower_is(client: Client, settings: Settings) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert "Flower" not in client.get(LIST).content.decode()
    settings.FLOWER_URL = "https://flower.example.com"
    assert 'href="https://flower.example.com"' in client.get(LIST).content.decode()
