"""Decisions of three kinds, who had the chair, and minutes; no version that was given out wrote a decision before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0003_reviews")]

    operations = [
        migrations.DeleteModel(name="Decision"),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("entry", models.IntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField(db_index=True)),
                ("matter", models.UUIDField()),
                ("n", models.IntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("act", models.CharField(max_length=64)),
                ("target", models.CharField(max_length=64)),
                ("slip", models.UUIDField(null=True)),
                ("owner", models.CharField(max_length=64)),
                ("due_date", models.DateField(null=True)),
                ("unit", models.CharField(max_length=64)),
                ("seat", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "supervision_decision",
                "constraints": [models.UniqueConstraint(fields=("matter", "n"), name="decision_cause")],
            },
        ),
        migrations.CreateModel(
            name="Minutes",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "version", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("version", models.IntegerField()),
                ("document", models.TextField()),
                ("hash", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                ("unit", models.CharField(max_length=64)),
                ("seat", models.CharField(max_length=64)),
                ("confirmed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "supervision_minutes"},
        ),
        migrations.AddField(
            model_name="review",
            name="chair_unit",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="review",
            name="chair_seat",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
    ]
