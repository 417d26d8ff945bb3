"""What tells residents that there is news, as a Django app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Messages on their way."""

    name = "huajie.apps.outbox"
    label = "outbox"
    verbose_name = "告知"

    def ready(self) -> None:
        """Say what follows which entry."""
        from huajie.apps.outbox import followers

        followers.register()
