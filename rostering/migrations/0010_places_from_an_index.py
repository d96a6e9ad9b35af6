"""All places of an organization are added up from a small index, which also stands in for that of the foreign key."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rostering", "0009_when_rows_were_made")]

    operations = [
        migrations.AddIndex(
            model_name="shift", index=models.Index(fields=["organization", "headcount"], name="shift_places")
        ),
        migrations.AlterField(
            model_name="shift",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="rostering.organization",
            ),
        ),
    ]
