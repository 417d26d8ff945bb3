"""Is what we acknowledge really on disk? Asked at start and by /readyz."""

from django.db import connections

from huajie.config.errors import SettingError

_NAMES = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


def durability_problems(using: str = "default") -> list[str]:
    """Return one sentence for each option of the database under which an acknowledged write could be lost."""
    connection = connections[using]
    problems = []
    with connection.cursor() as cursor:

        def read(sql: str) -> str:
            cursor.execute(sql)
            return str(cursor.fetchone()[0])

        if connection.vendor == "sqlite":
            level = int(read("PRAGMA synchronous"))
            if level < 2:
                problems.append(f"SQLite: synchronous is {_NAMES.get(level, level)}, must be FULL")
            journal = read("PRAGMA journal_mode")
            if journal != "wal" and not connection.is_in_memory_db():  # type: ignore[attr-defined]
                problems.append(f"SQLite: journal_mode is {journal}, must be wal")
            if read("PRAGMA recursive_triggers") != "1":
                problems.append("SQLite: recursive_triggers is off, must be on")
        else:
            options = [option for option in ("fsync", "full_page_writes") if read(f"SHOW {option}") != "on"]
            problems += [f"PostgreSQL: {option} is off, must be on (postgresql.conf)" for option in options]
            commit = read("SHOW synchronous_commit")
            if commit not in ("on", "remote_apply"):
                problems.append(f"PostgreSQL: synchronous_commit is {commit}, must be on")
    return problems


def require_durable(using: str = "default") -> None:
    """
    Refuse to go on where an acknowledged write could be lost.

    Raises:
        SettingError: naming the option.
    """
    problems = durability_problems(using)
    if problems:
        raise SettingError("; ".join(problems))
