"""A shift knows how many people are published for it, kept by triggers; and indexes the dashboard reads without a table.

The triggers only ever add and take away, never count anew: writers that wait for each other's lock on a shift cannot
lose one another's part. See docs/adr/0005-a-shift-knows-its-published-people.md.
"""

from django.db import migrations, models

# Rows of the statement, each with what it adds to its shift.
CHANGES = {
    "insert": "SELECT shift_id, 1 AS people FROM new_rows WHERE state = 'published'",
    "delete": "SELECT shift_id, -1 AS people FROM old_rows WHERE state = 'published'",
    "update": """SELECT shift_id, 1 AS people FROM new_rows WHERE state = 'published'
        UNION ALL SELECT shift_id, -1 FROM old_rows WHERE state = 'published'""",
}
TABLES = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}

# Shifts are locked in order of their ids, so that two statements about the same ones cannot block each other.
COUNT = """
CREATE FUNCTION rostering_published_people_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH change AS (
        SELECT shift_id, sum(people) AS people FROM ({changes}) AS rows GROUP BY shift_id HAVING sum(people) <> 0
    ), locked AS MATERIALIZED (
        SELECT id FROM rostering_shift WHERE id IN (SELECT shift_id FROM change) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE rostering_shift AS shift SET published_people = shift.published_people + change.people
    FROM change JOIN locked ON locked.id = change.shift_id WHERE shift.id = change.shift_id;
    RETURN NULL;
END $$;
CREATE TRIGGER published_people_{event} AFTER {event} ON rostering_assignment
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION rostering_published_people_{event}();
"""
UNCOUNT = """
DROP TRIGGER published_people_{event} ON rostering_assignment;
DROP FUNCTION rostering_published_people_{event}();
"""

# A program that saves a shift it read earlier writes every column: the count it knows is old and must not count.
KEEP = """
CREATE FUNCTION rostering_keep_published_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.published_people := 0;
    ELSIF pg_trigger_depth() = 1 THEN
        NEW.published_people := OLD.published_people;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_published_people BEFORE INSERT OR UPDATE OF published_people ON rostering_shift
    FOR EACH ROW EXECUTE FUNCTION rostering_keep_published_people();
"""
UNKEEP = """
DROP TRIGGER keep_published_people ON rostering_shift;
DROP FUNCTION rostering_keep_published_people();
"""

BACKFILL = """
UPDATE rostering_shift SET published_people = counted.people
FROM (SELECT shift_id, count(*) AS people FROM rostering_assignment WHERE state = 'published' GROUP BY shift_id) AS counted
WHERE counted.shift_id = rostering_shift.id
"""


def count(event: str) -> migrations.RunSQL:
    """The trigger for one kind of statement on assignments."""
    return migrations.RunSQL(
        COUNT.format(event=event, changes=CHANGES[event], tables=TABLES[event]), UNCOUNT.format(event=event)
    )


class Migration(migrations.Migration):
    dependencies = [("rostering", "0007_notices_go_out")]

    operations = [
        migrations.AddField(
            model_name="shift",
            name="published_people",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        # The rows just updated have foreign key checks pending, and a table with pending checks cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop),
        *(count(event) for event in CHANGES),
        migrations.RunSQL(KEEP, UNKEEP),
        migrations.RemoveIndex(model_name="shift", name="shift_by_start"),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                fields=["organization", "starts_at"],
                include=["site", "headcount", "published_people", "unpaid_break_minutes"],
                name="shift_by_start",
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("published_people__lt", models.F("headcount"))),
                fields=["organization", "starts_at"],
                include=["site", "headcount", "published_people"],
                name="shift_short",
            ),
        ),
        migrations.RemoveIndex(model_name="assignment", name="assignment_by_start"),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["organization", "state", "starts_at"],
                include=["staff", "shift", "ends_at", "cost_cents"],
                name="assignment_by_start",
            ),
        ),
        migrations.AddIndex(
            model_name="staffcertification",
            index=models.Index(
                fields=["organization", "staff", "certification", "expires"], name="certification_latest"
            ),
        ),
    ]
