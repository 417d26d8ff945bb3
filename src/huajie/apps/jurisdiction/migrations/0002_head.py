from django.db import migrations


def make_head(apps, schema_editor):
    # The projection's one row stands from the start, so that every write can guard on it.
    apps.get_model("jurisdiction", "Head").objects.using(schema_editor.connection.alias).get_or_create(
        id=1, defaults={"version": 0, "pool": ""}
    )


class Migration(migrations.Migration):
    dependencies = [("jurisdiction", "0001_initial")]
    operations = [migrations.RunPython(make_head, migrations.RunPython.noop)]
