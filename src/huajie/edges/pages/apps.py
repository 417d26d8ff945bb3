from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Templates and tags only; nothing is stored here."""

    name = "huajie.edges.pages"
    label = "pages"
