"""Supervision of offices and their work, as a Django app."""

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    """What the board counts, which rungs were reached, which endings are looked at again."""

    name = "huajie.apps.supervision"
    label = "supervision"
    verbose_name = "督查督办"

    def ready(self) -> None:
        """Have `huajie verify` check the stream of supervision too, and words go with a matter's texts."""
        from huajie.apps.supervision import audit, followers

        audit.register()
        followers.register()
