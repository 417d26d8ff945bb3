"""Where things are stored: SQLite in the data folder, or the PostgreSQL that HUAJIE_DATABASE_URL names."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from huajie.config.errors import SettingError

#: Run on each new SQLite connection. FULL: what was acknowledged survives a power cut. recursive_triggers: INSERT OR
#: REPLACE can't delete an entry past the triggers that forbid it. cache_size: 2 MB a connection;
#: the system's own cache of the file serves all of them.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=60000; PRAGMA recursive_triggers=ON; "
    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2000; "
    "PRAGMA mmap_size=0; PRAGMA secure_delete=ON"
)

#: Given to each new PostgreSQL connection. Our statements take arrays whose length the planner can't use: one generic
#: plan fits all, and planning again would cost more than running.
POSTGRES_OPTIONS = "-c synchronous_commit=on -c plan_cache_mode=force_generic_plan -c jit=off -c timezone=UTC"


def sqlite_database(path: Path) -> dict[str, Any]:
    """Return Django's settings for the SQLite file at `path`."""
    return {
        "ENGINE": "huajie.config.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 60, "init_command": SQLITE_PRAGMAS},
    }


def postgres_database(url: str, *, connections: int, pooler: bool) -> dict[str, Any]:
    """
    Return Django's settings for a PostgreSQL server.

    Args:
        url: postgres://user:password@host:port/name, options of libpq after `?` (host=/run/postgresql).
        connections: at most so many in each process, 1 or more.
        pooler: a transaction pooler such as pgbouncer stands between; statements are then not prepared.
    Raises:
        SettingError: the address is not of that form.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingError(f"HUAJIE_DATABASE_URL: {error}; write postgres://user:password@host:5432/name") from error
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name or "/" in name:
        raise SettingError("HUAJIE_DATABASE_URL: write postgres://user:password@host:5432/name")
    if connections < 1:
        raise SettingError("HUAJIE_DATABASE_CONNECTIONS: at least 1")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    options["pool"] = {"min_size": 1, "max_size": connections, "timeout": 30}
    if not pooler:
        options["prepare_threshold"] = 2
        options["options"] = f"{options.get('options', '')} {POSTGRES_OPTIONS}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or options.pop("port", "")),
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": pooler,
        "OPTIONS": options,
    }
