"""The clock of a request says which unit it runs for, so that a list shows whose delay it is."""

import json
from typing import Any

from django.db import migrations, models


def fill(apps: Any, editor: Any) -> None:
    """Name the unit for each clock of a request that an earlier version wrote."""
    matter, clock = apps.get_model("matters", "Matter"), apps.get_model("matters", "Clock")
    # the key of such a clock holds the key of its request: `reply#transfer#1`
    of_requests = clock.objects.filter(key__contains="#").values("matter")
    for stream, text in matter.objects.filter(id__in=of_requests).values_list("id", "state").iterator():
        for request in json.loads(text)["requests"].values():
            if request["clock"] is not None:
                clock.objects.filter(matter=stream, key=request["clock"]).update(unit=request["unit"])


class Migration(migrations.Migration):
    dependencies = [("matters", "0008_prepared")]
    operations = [
        migrations.AddField(model_name="clock", name="unit", field=models.CharField(max_length=64, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
