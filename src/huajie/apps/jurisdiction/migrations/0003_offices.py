from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jurisdiction", "0002_head")]
    operations = [
        migrations.AddField("head", "conflict_days", models.IntegerField(default=0, db_default=0)),
        # a secretary's is longer than the kinds there were
        migrations.AlterField("posting", "kind", models.CharField(max_length=16)),
    ]
