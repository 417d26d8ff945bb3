from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matters", "0003_seat_statistics")]
    operations = [
        migrations.AddIndex(
            model_name="text",
            index=models.Index(fields=["body"], name="text_elsewhere", condition=models.Q(("name", "external_number"))),
        ),
    ]
