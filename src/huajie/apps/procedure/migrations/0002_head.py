"""The one row of versions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("procedure", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "INSERT INTO procedure_head (id, version) VALUES (1, 0)", "DELETE FROM procedure_head WHERE id = 1"
        )
    ]
