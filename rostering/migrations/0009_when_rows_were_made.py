"""When shifts and staff were added. Rows that are there already keep no date: nobody knows it."""

from django.db import migrations, models
from django.db.models.functions import Now

MADE = {"shift": "Empty: made before this was recorded.", "staff": "Empty: added before this was recorded."}


class Migration(migrations.Migration):
    dependencies = [("rostering", "0008_people_published_for_a_shift")]

    operations = [
        # Two steps: a column added with its default would date every existing row to this very moment.
        *[
            migrations.AddField(name, "created_at", models.DateTimeField(null=True, editable=False, help_text=text))
            for name, text in MADE.items()
        ],
        *[
            migrations.AlterField(
                name,
                "created_at",
                models.DateTimeField(null=True, db_default=Now(), editable=False, help_text=text),
            )
            for name, text in MADE.items()
        ],
    ]
