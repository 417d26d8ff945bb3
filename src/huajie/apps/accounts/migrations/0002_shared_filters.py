"""Filters that a unit keeps for all who sit in it."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_sign_in")]
    operations = [
        migrations.CreateModel(
            name="SharedFilter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("unit", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=600)),
            ],
            options={
                "db_table": "accounts_shared_filter",
                "constraints": [models.UniqueConstraint(fields=["unit", "name"], name="accounts_filter_once")],
            },
        ),
    ]
