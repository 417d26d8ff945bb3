"""Packs and calendars in force, as a Django app."""

from django.apps import AppConfig


class ProcedureConfig(AppConfig):
    """Which packs and which calendars are in force here."""

    name = "huajie.apps.procedure"
    label = "procedure"
    verbose_name = "程序"
