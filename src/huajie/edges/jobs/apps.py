"""The jobs as a Django app: it owns one small table."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """What runs by itself."""

    name = "huajie.edges.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
