"""The jobs list as schedulers and platform staff see it: what a job is called, whose it is, and how to begin."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from jobs import services
from jobs.models import JobRun
from rostering.models import Membership, Role
from rostering.services.rosters import start_roster
from tests import builders
from tests.rostering.admin.worlds import World

LIST = reverse("admin:jobs_jobrun_changelist")
GENERATE = reverse("admin:rostering_roster_generate")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def generating(ours: World) -> JobRun:
    monday: date = builders.MONDAY
    roster = start_roster(
        organization=ours.organization, requested_by=None, start_date=monday, end_date=monday + timedelta(days=27)
    )
    assert roster.job is not None
    return roster.job


def test_a_roster_s_job_is_called_by_its_dates(owner: Client, generating: JobRun) -> None:
    first, last = re.findall(r"\d{4}-\d\d-\d\d", generating.subject)
    assert last > first, generating.subject
    assert re.fullmatch(r"Generate roster, [\dA-Za-z –]+ \d{4}", str(generating))
    page = words(owner.get(LIST).content.decode())
    assert str(generating) in page
    assert first not in page and "ours:" not in page.replace("ours:1", "")


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("north: 2027-02-01 to 2027-02-28, all sites", "Generate roster, 1–28 Feb 2027"),
        ("north: 2027-02-05 to 2027-03-04, MUSE", "Generate roster, 5 Feb – 4 Mar 2027, MUSE"),
        ("north: 2027-02-05 to 2027-03-04, A, B, C", "Generate roster, 5 Feb – 4 Mar 2027, A, B, C"),
        ("north: 2027-02-05 to 2027-03-04, A, B, C, D", "Generate roster, 5 Feb – 4 Mar 2027, 4 sites"),
        ("north: 2027-02-05 to 2027-03-04, 40 sites (0a1b2c3d)", "Generate roster, 5 Feb – 4 Mar 2027, 40 sites"),
        ("north: 2027-02-31 to 2027-03-04, MUSE", "Generate roster (north: 2027-02-31 to 2027-03-04, MUSE)"),
        ("roster:42", "Generate roster (roster:42)"),
        ("", "Generate roster"),
    ],
)
def test_every_subject_makes_a_title(subject: str, title: str) -> None:
    assert str(JobRun(kind="roster.generate", subject=subject)) == title


def test_sending_e_mails_is_called_just_that() -> None:
    assert str(JobRun(kind="notifications.send", subject="e-mail")) == "Send e-mails"


@pytest.mark.django_db
def test_side_by_side_jobs_say_whose_they_are_in_a_column_of_their_own(
    client: Client, owner: Client, ours: World, theirs: World
) -> None:
    services.enqueue(kind="notifications.send", subject="e-mail")
    assert 'class="field-organization' not in owner.get(LIST).content.decode().replace("column-", "")
    client.force_login(User.objects.create_superuser("root"))
    page = client.get(LIST).content.decode()
    cells = re.findall(r'<td class="[^"]*field-organization[^"]*"[^>]*>(.*?)</td>', page, re.DOTALL)
    assert sorted(words(cell) for cell in cells) == ["OURS Company", "The platform", "ZZHIDDEN Company"]
    assert client.get(LIST, {"o": "2"}).status_code == 200


@pytest.mark.parametrize(("role", "offered"), [(Role.SCHEDULER, True), (Role.VIEWER, False)])
def test_an_empty_list_says_how_to_begin_to_who_may(owner: Client, ours: World, role: Role, offered: bool) -> None:
    JobRun.objects.all().delete()
    Membership.objects.filter(user=ours.owner).update(role=role)
    page = owner.get(LIST).content.decode()
    assert "No jobs yet" in page
    assert (f'class="mu-button mu-primary" href="{GENERATE}">Generate roster</a>' in page) is offered
    filtered = owner.get(LIST, {"q": "nothing like this"}).content.decode()
    assert f'class="mu-button mu-primary" href="{GENERATE}"' not in filtered
