"""The table of leases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Who does which periodic work just now."""

    initial = True

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("holder", models.CharField(max_length=120)),
                ("until_at", models.DateTimeField()),
            ],
            options={"db_table": "jobs_lease"},
        ),
    ]
