"""Documents that wait for a signature get their row in the lens, so that whoever signs finds them."""

import json
from typing import Any

from django.db import migrations


def add_rows(apps: Any, editor: Any) -> None:
    """Write the rows of each matter of an earlier version in which a document is not given out yet."""
    matter, party = apps.get_model("matters", "Matter"), apps.get_model("matters", "Party")
    for stream, text in matter.objects.filter(state__contains='"documents":').values_list("id", "state").iterator():
        state = json.loads(text)
        if all(one["state"] not in ("draft", "countersigned") for one in state["documents"].values()):
            continue
        lead = party.objects.get(matter=stream, relation="lead")
        for unit in {state["unit"], state["superior"] or state["unit"]}:
            party.objects.get_or_create(
                matter=stream,
                relation="to_sign",
                unit=unit,
                defaults={"sensitivity": lead.sensitivity, "open": lead.open, "due_at": lead.due_at},
            )


class Migration(migrations.Migration):
    dependencies = [("matters", "0011_places")]
    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
