"""
The calendars that Huajie ships, as data.

`shipped/*.json` are complete documents, generated once by `python -m huajie.apps.procedure.calendars.build` from the
`holidays` library and `overrides.yaml`; a newer library changes nothing until somebody builds and commits again.
`regions/*.yaml` are written by hand from local notices and laid over their base when loaded.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from huajie.core.clocks import Calendar, overlay

HERE = Path(__file__).parent
SHIPPED = HERE / "shipped"
REGIONS = HERE / "regions"


def load_calendar_documents() -> dict[str, dict[str, Any]]:
    """
    Return every shipped calendar, complete and canonical, by its id.

    Returns:
        Fresh copies, fit for `Calendar.from_document` and for the ledger.
    Raises:
        BadCalendar: a file contradicts itself; only after somebody edited one.
    """
    return {identity: calendar.to_document() for identity, calendar in load_calendars().items()}


@cache
def load_calendars() -> dict[str, Calendar]:
    """Return every shipped calendar by its id, read once a process. Treat the dict as read-only."""
    calendars = {}
    for path in sorted(SHIPPED.glob("*.json")):
        calendar = Calendar.from_document(json.loads(path.read_text(encoding="utf-8")))
        calendars[calendar.id] = calendar
    for path in sorted(REGIONS.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        calendars[document["id"]] = overlay(calendars[document["base"]], document)
    return dict(sorted(calendars.items()))
