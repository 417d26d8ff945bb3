"""Attachments as a Django app."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    """Photos and papers, kept outside the database, each under a key of its own."""

    name = "huajie.apps.attachments"
    label = "attachments"
    verbose_name = "附件"
