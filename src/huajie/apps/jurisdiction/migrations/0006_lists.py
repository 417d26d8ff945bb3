"""How an account likes its lists of matters: the columns, and filters kept under a name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jurisdiction", "0005_keys_off")]
    operations = [
        migrations.AddField(
            model_name="account", name="lists", field=models.TextField(blank=True, default="", db_default="")
        ),
    ]
