"""Prepared acts that wait get their row in the lens, so that the leader's day finds them."""

import json
from typing import Any

from django.db import migrations


def add_rows(apps: Any, editor: Any) -> None:
    """Write the row for each seat for which an act waits in a matter that an earlier version wrote."""
    matter, party = apps.get_model("matters", "Matter"), apps.get_model("matters", "Party")
    for stream, text in matter.objects.filter(state__contains='"prepared":').values_list("id", "state").iterator():
        seats = {kept["seat"] for kept in json.loads(text).get("prepared", {}).values() if kept["state"] == "open"}
        lead = party.objects.get(matter=stream, relation="lead")
        for seat in seats:
            party.objects.get_or_create(
                matter=stream,
                relation="prepared",
                unit=seat,
                defaults={"sensitivity": lead.sensitivity, "open": lead.open, "due_at": lead.due_at},
            )


class Migration(migrations.Migration):
    dependencies = [("matters", "0007_longer_openings")]
    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
