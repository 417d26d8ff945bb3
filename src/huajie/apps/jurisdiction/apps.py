"""Who answers for what, stored: the projection of the jurisdiction stream, the accounts, the boundaries."""

from django.apps import AppConfig


class JurisdictionConfig(AppConfig):
    """Django's handle on the app."""

    name = "huajie.apps.jurisdiction"
    label = "jurisdiction"
    verbose_name = "jurisdiction"
