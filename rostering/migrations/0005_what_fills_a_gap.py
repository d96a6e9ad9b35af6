from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rostering", "0004_assignments_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="gap",
            name="remedies",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gap",
            name="remedies_thorough",
            field=models.BooleanField(default=False),
        ),
    ]
