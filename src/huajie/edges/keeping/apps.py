"""Keeping as a Django app: it owns no table, it only follows erasures."""

from django.apps import AppConfig


class KeepingConfig(AppConfig):
    """What must outlive this machine."""

    name = "huajie.edges.keeping"
    label = "keeping"

    def ready(self) -> None:
        """Let every erasure be written down apart."""
        from huajie.apps.ledger.operations import ERASING, register_follower
        from huajie.edges.keeping.erasures import follow

        register_follower(ERASING, "record-erasure", follow)
