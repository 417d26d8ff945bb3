"""Whether a restore is under way here, or was cut off: until it is whole, nothing may serve or migrate what it left."""

from pathlib import Path

from django.db import connections

from huajie.config.errors import SettingError

#: Folder in HUAJIE_DATA that a restore makes first and removes last.
STAGING = ".restoring"
#: Table that stands in a PostgreSQL database for the same time.
MARKER = "keeping_restoring"


def require_restored(data: Path, using: str = "default") -> None:
    """
    Refuse to go on where a restore has begun and not ended.

    Raises:
        SettingError: saying what to do.
    """
    connection = connections[using]
    if (data / STAGING).exists():
        raise SettingError(f"HUAJIE_DATA: a restore of {data} is under way or was cut off; run huajie restore again")
    if connection.vendor == "postgresql" and MARKER in connection.introspection.table_names():
        raise SettingError(
            "HUAJIE_DATABASE_URL: a restore into this database is under way or was cut off; "
            "drop it, create it again and run huajie restore again"
        )
