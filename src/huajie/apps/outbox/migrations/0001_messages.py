from django.db import migrations, models


class Migration(migrations.Migration):
    """Messages on their way."""

    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("matter", models.UUIDField()),
                ("n", models.IntegerField()),
                ("event", models.CharField(max_length=16)),
                ("language", models.CharField(max_length=2)),
                ("way", models.CharField(max_length=8)),
                ("state", models.CharField(max_length=12)),
                ("attempts", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("fault", models.CharField(default="", max_length=16)),
                ("queued_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "outbox_message",
                "indexes": [
                    models.Index(fields=["state", "way", "next_at"], name="outbox_due"),
                    models.Index(fields=["matter", "n"], name="outbox_matter"),
                ],
            },
        ),
    ]
