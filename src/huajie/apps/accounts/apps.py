"""Accounts as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, factors, sessions and drafts of those who work here."""

    name = "huajie.apps.accounts"
    label = "accounts"
    verbose_name = "账号"
