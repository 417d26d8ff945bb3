"""Which topics are about public places, so that officers may see such a place as a point."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jurisdiction", "0007_outlines")]
    operations = [migrations.AddField("topic", "public_place", models.BooleanField(default=False, db_default=False))]
