"""Every write to what a dashboard shows bumps its organization's version, whatever path it takes."""

# ruff: noqa: S608 – the tables named in statements are our own

from __future__ import annotations

import importlib
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rostering import versions
from rostering.models import (
    Assignment,
    DataVersion,
    Membership,
    Notification,
    Organization,
    OvertimeTier,
    Roster,
    Rule,
    Shift,
    ShiftPattern,
    Site,
    Staff,
    Topic,
)
from tests import builders
from tests.rostering.api.worlds import World, make_world
from tests.threads import in_parallel

MIGRATION: Any = importlib.import_module("rostering.migrations.0006_data_versions")
TOPIC_OF: dict[str, str] = {
    "rostering_organization": "organization",
    **{f"rostering_{table}": topic for table, topic, _, _ in MIGRATION.WATCHED},
}
NOT_SHOWN: dict[type[Model], str] = {
    DataVersion: "is the versions",
    Membership: "asked for at every request, never kept",
    Notification: "on no dashboard",
    OvertimeTier: "priced into assignments when a roster is judged",
    Rule: "judged when a roster is",
    ShiftPattern: "shows once it has made shifts",
}

Numbers = dict[str, int]


@pytest.fixture
def world(db: None) -> World:
    world = make_world("alpha", "Alice")
    for links, other in (
        (world.staff.allowed_sites, world.rows["sites"]),
        (world.staff.preferred_sites, world.rows["sites"]),
        (world.staff.barred_sites, world.rows["sites"]),
        (world.shift.required_certifications, world.rows["certifications"]),
        (world.rows["shift-types"].required_certifications, world.rows["certifications"]),
    ):
        links.add(other)
    return world


def numbers(organization: Organization) -> Numbers:
    found = versions.read(organization.pk, Topic)
    assert found is not None
    return dict(found.numbers)


def changed(before: Numbers, after: Numbers) -> set[str]:
    assert all(after[topic] >= before[topic] for topic in before), "a version never falls"
    return {topic for topic in before if after[topic] != before[topic]}


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def sums() -> dict[tuple[int, str], int]:
    """The versions as they stand, even inside a transaction that has written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organization_id, topic, sum(version) FROM data_version GROUP BY 1, 2")
        return {(organization, topic): int(version) for organization, topic, version in cursor.fetchall()}


def bumps_of(write: Callable[[], object], *, as_new_transaction: bool = True) -> set[tuple[int, str]]:
    """What a write bumps, as if it came in a transaction of its own: a test's one transaction would bump only once."""
    if as_new_transaction:
        run("UPDATE data_version SET transaction_id = 0")
    before = sums()
    write()
    after = sums()
    return {key for key in after if after[key] != before.get(key)}


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction that is rolled back; foreign keys are checked at its end, so never."""
    with transaction.atomic():
        run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # what waits to be checked bars ALTER TABLE
        yield
        transaction.set_rollback(True)


def only_ours(table: str, organization: Organization) -> str:
    return f"id = {organization.pk}" if table == "rostering_organization" else "true"


def taken_out(table: str, where: str) -> bytes:
    """The rows as COPY writes them, deleted without a bump."""
    run(f"ALTER TABLE {table} DISABLE TRIGGER bump_on_delete")
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {where}) TO STDOUT") as copy:
            rows = b"".join(bytes(block) for block in copy)
        cursor.execute(f"DELETE FROM {table} WHERE {where}")
    assert rows, f"the world has no row in {table} to test with"
    return rows


def copy_in(table: str, rows: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write(rows)


@pytest.mark.parametrize("model", list(apps.get_app_config("rostering").get_models(include_auto_created=True)))
def test_every_table_bumps_a_version_or_says_why_not(model: type[Model]) -> None:
    assert (model._meta.db_table in TOPIC_OF) != (model in NOT_SHOWN), f"decide what {model.__name__} bumps"


def test_the_migration_and_the_model_know_the_same_topics() -> None:
    assert list(Topic) == MIGRATION.TOPICS
    assert set(TOPIC_OF.values()) == set(Topic)


@pytest.mark.parametrize("table", sorted(TOPIC_OF))
def test_each_table_bumps_its_topic_for_its_organization_alone(table: str, world: World) -> None:
    builders.make_organization("beta")
    where, mine = only_ours(table, world.organization), (world.organization.pk, TOPIC_OF[table])
    with taken_back():
        assert bumps_of(lambda: run(f"UPDATE {table} SET id = id WHERE {where}")) == {mine}
    with taken_back():
        assert bumps_of(lambda: run(f"UPDATE {table} SET id = id WHERE false")) == set()
    with taken_back():
        assert bumps_of(lambda: run(f"DELETE FROM {table} WHERE {where}")) == {mine}
    with taken_back():
        rows = taken_out(table, where)
        new = {(world.organization.pk, topic) for topic in Topic} if table == "rostering_organization" else {mine}
        assert bumps_of(lambda: copy_in(table, rows)) == new


@pytest.mark.parametrize("table", sorted(TOPIC_OF))
def test_emptying_a_table_bumps_every_organization(table: str, world: World) -> None:
    other = builders.make_organization("beta")
    with taken_back():
        found = bumps_of(lambda: run(f"TRUNCATE {table} CASCADE"))
    assert {(world.organization.pk, TOPIC_OF[table]), (other.pk, TOPIC_OF[table])} <= found


def test_a_bulk_write_over_two_organizations_bumps_both(world: World) -> None:
    other = make_world("beta", "Bob")
    both = {(one.organization.pk, "staff") for one in (world, other)}
    assert bumps_of(lambda: Staff.objects.update(phone="1")) == both
    people = list(Staff.objects.all())
    assert bumps_of(lambda: Staff.objects.bulk_update(people, ["email"])) == both
    for person in people:
        person.pk, person.user, person.number = None, None, f"{person.number}b"
    assert bumps_of(lambda: Staff.objects.bulk_create(people)) == both
    assert bumps_of(lambda: Staff.objects.filter(number__endswith="b").delete()) == both


def test_moving_a_shift_and_publishing_a_roster_reach_the_assignments(world: World) -> None:
    """By ON UPDATE CASCADE, which no application code sees."""
    pk = world.organization.pk
    moved = timezone.now()
    assert bumps_of(
        lambda: Shift.objects.filter(pk=world.shift.pk).update(starts_at=moved, ends_at=moved + timedelta(hours=8))
    ) == {(pk, "shifts"), (pk, "rosters")}
    assert Assignment.objects.get().starts_at == moved
    with taken_back():
        run("ALTER TABLE rostering_roster DISABLE TRIGGER bump_on_update")
        assert bumps_of(lambda: Roster.objects.update(status="published")) == {(pk, "rosters"), (pk, "shifts")}


def test_links_bump_their_owners_topic(world: World) -> None:
    mine = world.organization.pk
    site, license_ = world.rows["sites"], world.rows["certifications"]
    assert bumps_of(world.roster.sites.clear) == {(mine, "rosters")}
    assert bumps_of(lambda: world.roster.sites.add(site)) == {(mine, "rosters")}
    assert bumps_of(lambda: site.required_certifications.remove(license_)) == {(mine, "sites")}


@pytest.mark.django_db(transaction=True)
def test_deleting_an_organization_works_and_a_new_one_begins_with_every_version(world: World) -> None:
    for model in (Assignment, Shift, Roster, Staff, ShiftPattern):
        model.objects.all().delete()
    world.organization.delete()
    assert not Organization.objects.exists()
    assert versions.read(world.organization.pk, Topic) is None
    assert set(numbers(builders.make_organization("new"))) == set(Topic)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_bumps_once_and_a_savepoint_taken_back_does_not_count(world: World) -> None:
    mine = world.organization.pk
    with transaction.atomic():
        with transaction.atomic():
            assert bumps_of(lambda: Staff.objects.update(phone="1"), as_new_transaction=False) == {(mine, "staff")}
            transaction.set_rollback(True)
        assert bumps_of(lambda: Staff.objects.update(phone="2"), as_new_transaction=False) == {(mine, "staff")}
        assert bumps_of(lambda: Staff.objects.update(phone="3"), as_new_transaction=False) == set()
    assert bumps_of(lambda: Staff.objects.update(phone="4"), as_new_transaction=False) == {(mine, "staff")}


def test_what_was_taken_back_is_not_handed_out_again(world: World) -> None:
    seen = {sums()[world.organization.pk, "staff"]}
    for _ in range(20):
        with taken_back():
            run("UPDATE data_version SET transaction_id = 0")
            Staff.objects.update(phone="1")
            seen.add(sums()[world.organization.pk, "staff"])
    assert len(seen) == 21


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_has_written_is_told_to_keep_nothing(world: World) -> None:
    with transaction.atomic():
        assert versions.read(world.organization.pk, [Topic.SITES]) is not None
        Site.objects.update(name="x")
        assert versions.read(world.organization.pk, [Topic.STAFF]) is None
    assert versions.read(world.organization.pk, [Topic.SITES]) is not None


@pytest.mark.django_db(transaction=True)
def test_without_a_version_nothing_is_kept_until_the_next_write(world: World) -> None:
    DataVersion.objects.all().delete()
    assert versions.read(world.organization.pk, [Topic.SITES]) is None
    Site.objects.update(name="x")
    assert versions.read(world.organization.pk, [Topic.SITES]) is not None
    assert versions.read(world.organization.pk, [Topic.SITES, Topic.STAFF]) is None


@pytest.mark.django_db(transaction=True)
def test_reading_takes_one_query_and_knows_the_organizations_date(world: World) -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = versions.read(world.organization.pk, Topic)
    assert found is not None
    assert (len(queries), found.time_zone) == (1, "Pacific/Auckland")
    assert found.today == timezone.now().astimezone(zoneinfo.ZoneInfo("Pacific/Auckland")).date()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_writers_at_once_wait_for_nobody_in_whatever_order_they_write(world: World, isolation: str) -> None:
    """Two open transactions bump the same topics in opposite order; with one row for a topic this is a deadlock."""
    before = numbers(world.organization)
    kept, site = world.staff.pk, world.rows["sites"].pk
    second = builders.make_staff("Bob", organization=world.organization).pk
    elsewhere = builders.make_site(organization=world.organization).pk
    middle = numbers(world.organization)
    with second_connection() as one, second_connection() as two:
        for cursor in (one, two):
            cursor.execute(f"BEGIN ISOLATION LEVEL {isolation}; SET LOCAL lock_timeout = '500ms'")
        one.execute(f"UPDATE rostering_staff SET phone = 'one' WHERE id = {kept}")
        two.execute(f"UPDATE rostering_site SET name = 'two' WHERE id = {site}")
        two.execute(f"UPDATE rostering_staff SET phone = 'two' WHERE id = {second}")
        one.execute(f"UPDATE rostering_site SET name = 'one' WHERE id = {elsewhere}")
        assert numbers(world.organization) == middle, "nothing is committed yet"
        two.execute("COMMIT")
        between = numbers(world.organization)
        one.execute("COMMIT")
    after = numbers(world.organization)
    assert changed(middle, between) == changed(between, after) == {"staff", "sites"}
    assert before != middle


@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_few_rows(world: World) -> None:
    def write(number: int) -> None:
        with second_connection() as cursor:
            for _ in range(20):
                cursor.execute("UPDATE rostering_site SET name = %s WHERE false OR id = %s", [str(number), -number])
                cursor.execute("UPDATE rostering_staff SET phone = %s", [str(number)])

    in_parallel(4, write)
    assert DataVersion.objects.filter(organization_id=world.organization.pk, topic="staff").count() <= 8


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back(world: World) -> None:
    call_command("migrate", "rostering", "0005", verbosity=0)
    try:
        Staff.objects.update(phone="without triggers")
    finally:
        call_command("migrate", "rostering", verbosity=0)
    assert set(numbers(world.organization)) == set(Topic), "organizations that exist get their versions"


@contextmanager
def second_connection() -> Iterator[Any]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()
