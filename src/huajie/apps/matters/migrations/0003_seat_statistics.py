"""Let PostgreSQL know that a seat lies in one unit: it took the two for independent and sorted all of a unit's rows."""

from typing import Any

from django.db import migrations


def forwards(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "CREATE STATISTICS party_seat_unit (dependencies, mcv) ON unit, seat, relation, open FROM matters_party"
        )


def backwards(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP STATISTICS party_seat_unit")


class Migration(migrations.Migration):
    dependencies = [("matters", "0002_search")]
    operations = [migrations.RunPython(forwards, backwards)]
