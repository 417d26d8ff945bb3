"""An index for lists in the order of receipt; it moves only when a matter ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matters", "0009_whose_clock")]
    operations = [
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["open", "received_at", "id"], name="matter_received"),
        ),
    ]
