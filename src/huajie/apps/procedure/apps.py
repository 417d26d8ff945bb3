"""Packs and calendars in force, as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ProcedureConfig(AppConfig):
    """Which packs and which calendars are in force here."""

    name = "huajie.apps.procedure"
    label = "procedure"
    verbose_name = "程序"

    def ready(self) -> None:
        """Put the one row of versions back after every migrate and every flush."""
        post_migrate.connect(_ensure_head, sender=self, dispatch_uid="procedure.head")


def _ensure_head(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("INSERT INTO procedure_head (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
