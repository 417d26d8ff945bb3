"""What belongs to documents and to no one matter, as a Django app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """A unit's own sentences."""

    name = "huajie.apps.documents"
    label = "documents"
    verbose_name = "文书"
