"""Who does which periodic work just now."""

from django.db import models


class Lease(models.Model):
    """
    One piece of periodic work and the worker that does it until a moment.

    A lease saves work, it does not make anything correct: two workers that both believe to hold it would find that the
    writer lets each timer fire once.
    """

    #: The work: "tick" or "followups".
    name = models.CharField(primary_key=True, max_length=40)
    #: The worker: host, process and a random part.
    holder = models.CharField(max_length=120)
    #: Aware, UTC; from this moment on anybody may take it.
    until_at = models.DateTimeField()

    class Meta:
        db_table = "jobs_lease"

    def __str__(self) -> str:
        return f"{self.name} by {self.holder}"
