"""The database holds the line between tenants, and keeps an assignment's repeated columns equal to their source.

Composite foreign keys tie a row and what it names to one organization; triggers do the same for many-to-many tables;
two more composite keys with ON UPDATE CASCADE carry a shift's times and a roster's status into its assignments.
"""

from django.db import migrations

# (table, column, table it names)
TENANT_LINKS = [
    ("staffcertification", "staff_id", "staff"),
    ("staffcertification", "certification_id", "certification"),
    ("overtimetier", "contract_id", "contract"),
    ("rule", "contract_id", "contract"),
    ("staff", "contract_id", "contract"),
    ("staff", "home_site_id", "site"),
    ("availability", "staff_id", "staff"),
    ("availability", "shift_type_id", "shifttype"),
    ("shiftpattern", "site_id", "site"),
    ("shiftpattern", "shift_type_id", "shifttype"),
    ("shift", "site_id", "site"),
    ("shift", "shift_type_id", "shifttype"),
    ("shift", "pattern_id", "shiftpattern"),
    ("roster", "base_id", "roster"),
    ("assignment", "roster_id", "roster"),
    ("assignment", "shift_id", "shift"),
    ("assignment", "staff_id", "staff"),
    ("gap", "roster_id", "roster"),
    ("gap", "shift_id", "shift"),
    ("notification", "staff_id", "staff"),
]

# (many-to-many table, first table, second table)
TENANT_PAIRS = [
    ("site_required_certifications", "site", "certification"),
    ("shifttype_required_certifications", "shifttype", "certification"),
    ("shift_required_certifications", "shift", "certification"),
    ("staff_allowed_sites", "staff", "site"),
    ("staff_preferred_sites", "staff", "site"),
    ("staff_barred_sites", "staff", "site"),
    ("roster_sites", "roster", "site"),
]

REPEATED = [
    ("assignment_shift_times", "(shift_id, starts_at, ends_at)", "rostering_shift (id, starts_at, ends_at)"),
    ("assignment_roster_state", "(roster_id, state)", "rostering_roster (id, status)"),
]

FILL_ASSIGNMENT = """
CREATE FUNCTION rostering_fill_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT starts_at, ends_at INTO NEW.starts_at, NEW.ends_at FROM rostering_shift WHERE id = NEW.shift_id;
    SELECT status INTO NEW.state FROM rostering_roster WHERE id = NEW.roster_id;
    RETURN NEW;
END $$;
CREATE TRIGGER fill_assignment BEFORE INSERT OR UPDATE OF shift_id, roster_id ON rostering_assignment
    FOR EACH ROW EXECUTE FUNCTION rostering_fill_assignment();
"""

SAME_ORGANIZATION = """
CREATE FUNCTION rostering_same_organization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one bigint;
    other bigint;
BEGIN
    EXECUTE format('SELECT organization_id FROM %I WHERE id = ($1->>%L)::bigint', TG_ARGV[0], TG_ARGV[1])
        INTO one USING to_jsonb(NEW);
    EXECUTE format('SELECT organization_id FROM %I WHERE id = ($1->>%L)::bigint', TG_ARGV[2], TG_ARGV[3])
        INTO other USING to_jsonb(NEW);
    IF one IS DISTINCT FROM other THEN
        RAISE EXCEPTION 'rows of different organizations cannot be linked in %', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def tenant_link(table: str, column: str, target: str) -> migrations.RunSQL:
    """A composite foreign key: the row named by `column` is of the same organization."""
    name = f"{table}_{column}_tenant"
    return migrations.RunSQL(
        f"ALTER TABLE rostering_{table} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column})"
        f" REFERENCES rostering_{target} (organization_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE rostering_{table} DROP CONSTRAINT {name}",
    )


def tenant_pair(table: str, first: str, second: str) -> migrations.RunSQL:
    """A trigger on a many-to-many table: both sides are of the same organization."""
    arguments = f"'rostering_{first}', '{first}_id', 'rostering_{second}', '{second}_id'"
    return migrations.RunSQL(
        f"CREATE TRIGGER same_organization BEFORE INSERT OR UPDATE ON rostering_{table}"
        f" FOR EACH ROW EXECUTE FUNCTION rostering_same_organization({arguments})",
        f"DROP TRIGGER same_organization ON rostering_{table}",
    )


def repeated(name: str, columns: str, source: str) -> migrations.RunSQL:
    """A composite foreign key that follows its source: repeated columns can never differ from it."""
    return migrations.RunSQL(
        f"ALTER TABLE rostering_assignment ADD CONSTRAINT {name} FOREIGN KEY {columns}"
        f" REFERENCES {source} ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE rostering_assignment DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("rostering", "0001_initial")]

    operations = [
        *(tenant_link(*link) for link in TENANT_LINKS),
        migrations.RunSQL(SAME_ORGANIZATION, "DROP FUNCTION rostering_same_organization()"),
        *(tenant_pair(*pair) for pair in TENANT_PAIRS),
        *(repeated(*columns) for columns in REPEATED),
        migrations.RunSQL(
            FILL_ASSIGNMENT,
            "DROP TRIGGER fill_assignment ON rostering_assignment; DROP FUNCTION rostering_fill_assignment()",
        ),
    ]
