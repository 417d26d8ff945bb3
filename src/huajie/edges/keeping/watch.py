"""What whoever watches over the server wants to know of back-ups, without opening one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from huajie.edges.keeping.folders import PREFIX, newest


def backup_age_seconds(now: datetime) -> float | None:
    """Return the age of the newest whole back-up in HUAJIE_BACKUPS; None where there is no such place or none in it."""
    if settings.HUAJIE_BACKUPS is None:
        return None
    found = newest(settings.HUAJIE_BACKUPS)
    if found is None:
        return None
    try:
        made = datetime.strptime(found.name.removeprefix(PREFIX), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(0.0, (now - made).total_seconds())


def backup_problems(now: datetime) -> list[str]:
    """Return what is wrong with the back-ups, by what HUAJIE_BACKUP_HOURS asks; 0 asks nothing."""
    hours = settings.HUAJIE_BACKUP_HOURS
    if not hours:
        return []
    if settings.HUAJIE_BACKUPS is None:
        return ["HUAJIE_BACKUPS: no folder for back-ups is named, though HUAJIE_BACKUP_HOURS asks for them"]
    age = backup_age_seconds(now)
    if age is None:
        return ["there is no back-up yet: run huajie backup"]
    if age > hours * 3600:
        return [f"the newest back-up is {age / 3600:.0f} hours old, HUAJIE_BACKUP_HOURS allows {hours}: huajie backup"]
    return []
