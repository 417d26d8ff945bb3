from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages for staff; nothing is stored here."""

    name = "huajie.edges.desk"
    label = "desk"
