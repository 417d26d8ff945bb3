"""Find open matters of one topic, region and time: what an officer compares before asking whether it is one problem."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matters", "0004_elsewhere")]
    operations = [
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("open", True), ("sensitivity", "ordinary")),
                fields=["topic", "region", "received_at"],
                name="matter_alike",
            ),
        ),
    ]
