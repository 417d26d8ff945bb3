"""The ledger as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """Entries, their openings, and the one writer."""

    name = "huajie.apps.ledger"
    label = "ledger"
    verbose_name = "账本"

    def ready(self) -> None:
        """Register our tables with the writer, and put the triggers back after every migrate."""
        from huajie.apps.ledger import triggers, writer

        writer.prepare_drivers()
        # Whatever a migration did to a table, it has its triggers again when migrate ends.
        post_migrate.connect(triggers.reinstall_after_migrate, sender=self, dispatch_uid="ledger.triggers")
