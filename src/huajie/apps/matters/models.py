"""
What a matter looks like between two acts: the fold of its entries, kept as rows so that lists are one indexed read.

Every row here can be computed again from the ledger (`apps/matters/projection.py`), and `huajie verify` does. The two
exceptions are texts and searchable pairs, which can be erased; the ledger holds only commitments to them.
"""

from django.db import models
from django.db.models import Q


class Matter(models.Model):
    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=10)
    case_ref = models.CharField(max_length=22)
    pack = models.CharField(max_length=64)
    pack_hash = models.CharField(max_length=64)
    #: entries folded; the compare-and-swap of every act
    n = models.IntegerField()
    #: leaf hash of entry n, and its mac under a key that is not in the database
    head = models.BinaryField()
    head_mac = models.BinaryField()
    #: the folded state, canonical JSON
    state = models.TextField()
    stage = models.CharField(max_length=64)
    open = models.BooleanField()
    #: the one lead unit and the one seat answerable: never null
    unit = models.CharField(max_length=64)
    seat = models.CharField(max_length=64)
    topic = models.CharField(max_length=64)
    region = models.CharField(max_length=64)
    mode = models.CharField(max_length=16)
    channel = models.CharField(max_length=16)
    sensitivity = models.CharField(max_length=16)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    #: earliest due moment of the running clocks; FAR if none runs
    due_at = models.DateTimeField()
    handoffs = models.IntegerField()
    outcome = models.CharField(max_length=64, null=True)
    parent = models.UUIDField(null=True)
    imported = models.BooleanField()

    class Meta:
        db_table = "matters_matter"
        constraints = [
            # as a constraint of its own: a unique field would carry a second index, for patterns, that nobody asks
            models.UniqueConstraint(fields=["number"], name="matter_number"),
            models.CheckConstraint(condition=~Q(unit="") & ~Q(seat=""), name="matter_has_owner"),
            models.CheckConstraint(condition=Q(n__gte=1), name="matter_has_entries"),
        ]
        indexes = [
            models.Index(fields=["parent"], name="matter_parent", condition=Q(parent__isnull=False)),
            # lists in the order of receipt; those by number have the number's own
            models.Index(fields=["open", "received_at", "id"], name="matter_received"),
            # what may be about the same problem: by problem, place and time, of those that are still open
            models.Index(
                fields=["topic", "region", "received_at"],
                name="matter_alike",
                condition=Q(open=True, sensitivity="ordinary"),
            ),
        ]


class Party(models.Model):
    """Which unit stands in which relation to a matter: the one lens behind every list."""

    pk = models.CompositePrimaryKey("matter", "relation", "unit")
    matter = models.UUIDField()
    unit = models.CharField(max_length=64)
    relation = models.CharField(max_length=24)
    seat = models.CharField(max_length=64, null=True)
    sensitivity = models.CharField(max_length=16)
    open = models.BooleanField()
    due_at = models.DateTimeField()

    class Meta:
        db_table = "matters_party"
        constraints = [
            models.UniqueConstraint(fields=["matter"], condition=Q(relation="lead"), name="matter_one_lead"),
            models.CheckConstraint(condition=~Q(relation="lead") | Q(seat__isnull=False), name="lead_has_seat"),
        ]
        indexes = [
            models.Index(fields=["unit", "relation", "open", "due_at", "matter"], name="party_lens"),
            models.Index(
                fields=["seat", "open", "due_at", "matter"], name="party_seat", condition=Q(seat__isnull=False)
            ),
        ]


class Clock(models.Model):
    pk = models.CompositePrimaryKey("matter", "key")
    matter = models.UUIDField()
    key = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    k = models.IntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    provisional = models.BooleanField()
    ended_at = models.DateTimeField(null=True)
    #: whose time it is, where it is that of a request; null: the lead unit's, or whose the pack says
    unit = models.CharField(max_length=64, null=True)

    class Meta:
        db_table = "matters_clock"
        indexes = [
            models.Index(fields=["due_at"], name="clock_provisional", condition=Q(provisional=True, status="running")),
        ]


class Timer(models.Model):
    """What falls due: the tick reads only this table."""

    pk = models.CompositePrimaryKey("matter", "timer")
    matter = models.UUIDField()
    timer = models.CharField(max_length=96)
    act = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "matters_timer"
        indexes = [models.Index(fields=["at", "matter"], name="timer_at")]


class Opening(models.Model):
    """
    That the vault was opened: by which seat, what of it and why. Never a value and never who it was about.

    What the public count, the auditor's list and the yearly audit of access to minors' files are read from.
    """

    pk = models.CompositePrimaryKey("matter", "n")
    matter = models.UUIDField()
    #: number of the entry
    n = models.IntegerField()
    at = models.DateTimeField()
    #: contact, masked or file
    what = models.CharField(max_length=40)
    #: a code of core/procedure PURPOSES
    purpose = models.CharField(max_length=32)
    unit = models.CharField(max_length=64)
    seat = models.CharField(max_length=64)

    class Meta:
        db_table = "matters_opening"
        indexes = [models.Index(fields=["at", "matter", "n"], name="opening_at")]


class Text(models.Model):
    """
    A text of an ordinary matter: erasable, and searched by those who may see it. Never a contact, never a sealed
    pack's.
    """

    matter = models.UUIDField()
    n = models.IntegerField()
    name = models.CharField(max_length=64)
    body = models.TextField()
    #: overlapping pairs of characters, separated by spaces; empty for what is not searched (points)
    grams = models.TextField()

    class Meta:
        db_table = "matters_text"
        constraints = [models.UniqueConstraint(fields=["matter", "n", "name"], name="text_once")]
        indexes = [
            models.Index(fields=["body"], name="text_elsewhere", condition=Q(name="external_number")),
            # places of matters without their other texts: the map reads this index and nothing else of the table
            models.Index(fields=["matter", "n", "body"], name="text_place", condition=Q(name="point")),
        ]
