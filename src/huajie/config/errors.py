"""What stops Huajie from starting."""

from django.core.exceptions import ImproperlyConfigured


class SettingError(ImproperlyConfigured):
    """A setting, key or server option is wrong; the message begins with its name and ends with what to do."""
