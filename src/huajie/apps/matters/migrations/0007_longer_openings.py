from django.db import migrations, models


class Migration(migrations.Migration):
    """What is opened has a name as long as `participant_contacts`."""

    dependencies = [
        ("matters", "0006_openings"),
    ]

    operations = [
        migrations.AlterField(model_name="opening", name="what", field=models.CharField(max_length=40)),
    ]
