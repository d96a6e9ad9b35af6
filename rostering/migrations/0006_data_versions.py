"""Versions of each organization's data, bumped by the writing transaction itself, whatever path the write takes.

Statement-level triggers with transition tables: one bump for each organization that a statement touched, and one for each
topic and transaction. `rostering.versions` argues why a value computed after its version was read is never stale.
"""

from django.db import migrations, models

TOPICS = ["organization", "sites", "staff", "certifications", "availability", "shifts", "rosters"]

# (table, topic, column with the organization, or with the row whose organization it is, and that row's table)
WATCHED = [
    ("site", "sites", "organization_id", ""),
    ("site_required_certifications", "sites", "site_id", "site"),
    ("staff", "staff", "organization_id", ""),
    ("staff_allowed_sites", "staff", "staff_id", "staff"),
    ("staff_preferred_sites", "staff", "staff_id", "staff"),
    ("staff_barred_sites", "staff", "staff_id", "staff"),
    ("contract", "staff", "organization_id", ""),
    ("certification", "certifications", "organization_id", ""),
    ("staffcertification", "certifications", "organization_id", ""),
    ("availability", "availability", "organization_id", ""),
    ("shifttype", "shifts", "organization_id", ""),
    ("shifttype_required_certifications", "shifts", "shifttype_id", "shifttype"),
    ("shift", "shifts", "organization_id", ""),
    ("shift_required_certifications", "shifts", "shift_id", "shift"),
    ("roster", "rosters", "organization_id", ""),
    ("roster_sites", "rosters", "roster_id", "roster"),
    ("assignment", "rosters", "organization_id", ""),
    ("gap", "rosters", "organization_id", ""),
]

EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS came",
    "UPDATE": "REFERENCING OLD TABLE AS gone NEW TABLE AS came",
    "DELETE": "REFERENCING OLD TABLE AS gone",
    "TRUNCATE": "",
}

# A step is random so that a database restored from a backup, or a transaction rolled back, does not hand out again the
# versions that were handed out before it.
BUMP = """
CREATE FUNCTION rostering_bump(organizations bigint[], topics text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mine bigint := pg_current_xact_id()::text::bigint;
    sees_latest boolean := current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
    one bigint;
    about text;
    step bigint;
BEGIN
    FOR one, about IN
        SELECT DISTINCT o, t FROM unnest(organizations) AS o CROSS JOIN unnest(topics) AS t WHERE o IS NOT NULL ORDER BY 1, 2
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM data_version
            WHERE organization_id = one AND topic = about AND transaction_id = mine AND bumped_at = transaction_timestamp()
        );
        step := 1 + floor(random() * 16777216)::bigint;
        IF sees_latest THEN
            -- Whichever row no other writer holds: nobody ever waits here, so nobody can deadlock here either.
            UPDATE data_version SET version = version + step, transaction_id = mine, bumped_at = transaction_timestamp()
            WHERE id = (
                SELECT id FROM data_version WHERE organization_id = one AND topic = about LIMIT 1 FOR UPDATE SKIP LOCKED
            );
            CONTINUE WHEN FOUND;
        END IF;
        INSERT INTO data_version (organization_id, topic, version, transaction_id, bumped_at)
        VALUES (one, about, step, mine, transaction_timestamp());
    END LOOP;
END $$;
"""

# Arguments: topic; column; table of the row the column names, empty when the column is the organization itself.
CHANGED = """
CREATE FUNCTION rostering_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows text := CASE TG_OP
        WHEN 'INSERT' THEN format('SELECT %I AS it FROM came', TG_ARGV[1])
        WHEN 'DELETE' THEN format('SELECT %I AS it FROM gone', TG_ARGV[1])
        ELSE format('SELECT %1$I AS it FROM gone UNION ALL SELECT %1$I FROM came', TG_ARGV[1])
    END;
    touched bigint[];
BEGIN
    IF TG_ARGV[2] = '' THEN
        EXECUTE format('SELECT ARRAY(SELECT DISTINCT it FROM (%s) AS r)', rows) INTO touched;
    ELSE
        EXECUTE format(
            'SELECT ARRAY(SELECT DISTINCT o.organization_id FROM (%s) AS r JOIN %I AS o ON o.id = r.it)', rows, TG_ARGV[2]
        ) INTO touched;
    END IF;
    PERFORM rostering_bump(touched, string_to_array(TG_ARGV[0], ','));
    RETURN NULL;
END $$;
"""

EMPTIED = """
CREATE FUNCTION rostering_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rostering_bump(
        ARRAY(SELECT id FROM rostering_organization UNION SELECT organization_id FROM data_version),
        string_to_array(TG_ARGV[0], ',')
    );
    RETURN NULL;
END $$;
"""


def watch(table: str, topics: str, column: str, owner: str, event: str) -> migrations.RunSQL:
    """A trigger that bumps `topics` of each organization whose rows `event` touched."""
    name = f"bump_on_{event.lower()}"
    arguments = f"'{topics}', '{column}', '{f'rostering_{owner}' if owner else ''}'"
    function = "rostering_emptied" if event == "TRUNCATE" else "rostering_changed"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER {event} ON rostering_{table} {EVENTS[event]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments})",
        f"DROP TRIGGER {name} ON rostering_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("rostering", "0005_what_fills_a_gap")]

    operations = [
        migrations.CreateModel(
            name="DataVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organization_id", models.BigIntegerField()),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("organization", "The organization's settings"),
                            ("sites", "Sites and what they require"),
                            ("staff", "Staff, their sites and contracts"),
                            ("certifications", "Certifications and who holds them"),
                            ("availability", "Leave and wishes"),
                            ("shifts", "Shifts and their types"),
                            ("rosters", "Rosters, assignments and gaps"),
                        ],
                        max_length=20,
                    ),
                ),
                ("version", models.BigIntegerField()),
                ("transaction_id", models.BigIntegerField()),
                ("bumped_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "cache",
                "verbose_name_plural": "cache",
                "db_table": "data_version",
                "indexes": [models.Index(fields=["organization_id", "topic"], name="data_version_by_topic")],
            },
        ),
        # Room on the page keeps the updates of this small, busy table away from its index.
        migrations.RunSQL("ALTER TABLE data_version SET (fillfactor = 50)", migrations.RunSQL.noop),
        migrations.RunSQL(BUMP, "DROP FUNCTION rostering_bump(bigint[], text[])"),
        migrations.RunSQL(CHANGED, "DROP FUNCTION rostering_changed()"),
        migrations.RunSQL(EMPTIED, "DROP FUNCTION rostering_emptied()"),
        # A new organization begins with a version of everything: where one is missing, nothing is cached.
        watch("organization", ",".join(TOPICS), "id", "", "INSERT"),
        *(watch("organization", "organization", "id", "", event) for event in ("UPDATE", "DELETE", "TRUNCATE")),
        *(watch(*table, event) for table in WATCHED for event in EVENTS),
        migrations.RunSQL(
            [("SELECT rostering_bump(ARRAY(SELECT id FROM rostering_organization), %s)", [TOPICS])],
            migrations.RunSQL.noop,
        ),
    ]
