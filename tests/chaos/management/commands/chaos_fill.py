"""`manage.py chaos_fill`: fills an empty database with what every case starts from (see `tests/chaos/world.py`)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from rest_framework.authtoken.models import Token

from jobs.schedules import START_TASK
from rostering.models import Organization, ShiftType, Site
from tests.builders import (
    make_member,
    make_organization,
    make_rule,
    make_shift,
    make_shift_type,
    make_site,
    make_staff,
    make_user,
)
from tests.chaos.journal import JOURNAL
from tests.chaos.world import (
    CROWD,
    CROWD_WEEKS,
    FANOUT,
    FANOUT_SITES,
    FANOUT_STAFF_PER_SITE,
    FIRST_DAY,
    OPERATOR,
    WARD,
    WARD_DAYS,
    WARD_STAFF,
    crowd_name,
)


class Command(BaseCommand):
    """Tables, schedules, organizations, a token for each manager, and the journal that the audit reads."""

    help = "Fill an empty database for the chaos suite."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("setup_schedules", verbosity=0)
        with transaction.atomic():
            make_user(OPERATOR, superuser=True)
            _ward()
            for number in range(CROWD):
                _crowd(crowd_name(number))
            _fanout()
            for user in User.objects.all():
                Token.objects.create(user=user)
            _schedules()
        with connection.cursor() as cursor:
            cursor.execute(JOURNAL)


def _schedules() -> None:
    """Two near ones, switched off until a case wants them."""
    every, _ = IntervalSchedule.objects.get_or_create(every=5, period=IntervalSchedule.SECONDS)
    minute = CrontabSchedule.objects.create()  # every minute
    for name, when in (("Chaos tick", {"interval": every}), ("Chaos minute", {"crontab": minute})):
        given = json.dumps({"schedule": name, "kind": "chaos.write", "params": {}})
        PeriodicTask.objects.create(name=name, task=START_TASK, queue="default", kwargs=given, enabled=False, **when)


def _organization(name: str) -> Organization:
    organization = make_organization(name)
    make_member(organization, username=name)
    return organization


def _days(site: Site, shift_type: ShiftType, days: range, headcount: int = 1) -> None:
    for day in days:
        start = datetime.combine(FIRST_DAY, shift_type.start_time) + timedelta(days=day)
        make_shift(start, organization=site.organization, site=site, shift_type=shift_type, headcount=headcount)


def _ward() -> None:
    """Early, late and night; rest, weeks, weekends and wishes that pull against each other."""
    organization = _organization(WARD)
    site = make_site(organization=organization)
    for code, start, headcount in (("E", "06:00", 6), ("L", "14:00", 5), ("N", "22:00", 3)):
        tags = ["night"] if code == "N" else ["day"]
        shift_type = make_shift_type(code, organization=organization, start=start, tags=tags)
        _days(site, shift_type, range(WARD_DAYS), headcount)
    make_rule("rest", organization=organization, minimum=660)
    make_rule("one_shift_per_day", organization=organization)
    make_rule("consecutive_days", organization=organization, maximum=5)
    make_rule("minutes", organization=organization, maximum=2880, period="week")
    for kind, columns in (
        ("minutes", {"minimum": 2100, "period": "week", "weight": 6}),
        ("complete_weekends", {"weight": 7}),
        ("consecutive_days_off", {"minimum": 2, "weight": 5}),
        ("shifts", {"maximum": 3, "period": "roster", "tags": ["night"], "weight": 13}),
    ):
        make_rule(kind, organization=organization, required=False, **columns)
    for number in range(WARD_STAFF):
        rate = Decimal(18) + Decimal(number % 7) / 2
        make_staff(organization=organization, home_site=site, hourly_rate=rate)


def _crowd(name: str) -> None:
    """Two people, a shift in each of ten weeks."""
    organization = _organization(name)
    site = make_site(organization=organization)
    shift_type = make_shift_type("D", organization=organization)
    for _ in range(2):
        make_staff(organization=organization, home_site=site)
    _days(site, shift_type, range(0, 7 * CROWD_WEEKS, 7))


def _fanout() -> None:
    organization = _organization(FANOUT)
    make_rule("one_shift_per_day", organization=organization)
    types = [
        make_shift_type(code, organization=organization, start=start)
        for code, start in (("E", "06:00"), ("L", "14:00"))
    ]
    for _ in range(FANOUT_SITES):
        site = make_site(organization=organization)
        for _ in range(FANOUT_STAFF_PER_SITE):
            make_staff(organization=organization, home_site=site, allowed_sites=[site])
        for shift_type in types:
            _days(site, shift_type, range(7), headcount=13)
