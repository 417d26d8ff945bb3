from django.apps import AppConfig


class PublicConfig(AppConfig):
    """Pages for residents; nothing is stored here."""

    name = "huajie.edges.public"
    label = "public"
