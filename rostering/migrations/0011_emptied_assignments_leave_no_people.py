"""TRUNCATE of the assignments leaves nobody published for any shift; see migration 0008 for every other write."""

from django.db import migrations

EMPTIED = """
CREATE FUNCTION rostering_published_people_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rostering_shift SET published_people = 0 WHERE published_people <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER published_people_truncate AFTER TRUNCATE ON rostering_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION rostering_published_people_truncate();
"""
NOT_EMPTIED = """
DROP TRIGGER published_people_truncate ON rostering_assignment;
DROP FUNCTION rostering_published_people_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("rostering", "0010_places_from_an_index")]

    operations = [migrations.RunSQL(EMPTIED, NOT_EMPTIED)]
