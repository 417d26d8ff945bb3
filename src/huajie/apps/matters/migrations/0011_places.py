"""An index for the map: the places of matters, beside their other texts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matters", "0010_received")]
    operations = [
        migrations.AddIndex(
            model_name="text",
            index=models.Index(
                fields=["matter", "n", "body"], name="text_place", condition=models.Q(("name", "point"))
            ),
        ),
    ]
