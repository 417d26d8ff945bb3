"""Which calendars are in force here, beyond what is shipped."""

from django.db import models


class Head(models.Model):
    """One row: rises with every published calendar, so that a writer knows whether its snapshot still holds."""

    id = models.IntegerField(primary_key=True)
    version = models.IntegerField()

    class Meta:
        db_table = "procedure_head"


class CalendarInForce(models.Model):
    """A calendar that was published here after the release: its document is kept in the ledger under this hash."""

    calendar = models.CharField(max_length=64, primary_key=True)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "procedure_calendar"
