"""Who answers for what, stored: the projection of the jurisdiction stream, the accounts, the boundaries."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JurisdictionConfig(AppConfig):
    """Django's handle on the app."""

    name = "huajie.apps.jurisdiction"
    label = "jurisdiction"
    verbose_name = "管辖"

    def ready(self) -> None:
        """Register our tables with the writer, and keep the head row in place."""
        from huajie.apps.jurisdiction import rows  # noqa: F401

        post_migrate.connect(make_head, sender=self, dispatch_uid="jurisdiction.head")


def make_head(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Make the row that every write guards on, wherever migrate or flush left the table without it."""
    from huajie.apps.jurisdiction.models import Head

    if Head._meta.db_table in _tables(using):
        Head.objects.using(using).get_or_create(id=1, defaults={"version": 0, "pool": ""})


def _tables(using: str) -> list[str]:
    from django.db import connections

    return connections[using].introspection.table_names()
