"""The vault as a Django app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Identities, sealed under each matter's own key."""

    name = "huajie.apps.vault"
    label = "vault"
    verbose_name = "密封库"
