"""Matters as a Django app."""

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The one writer, what it keeps, and what people read of it."""

    name = "huajie.apps.matters"
    label = "matters"
    verbose_name = "事项"

    def ready(self) -> None:
        """Say what follows which entry."""
        from huajie.apps.matters import followers

        followers.register()
