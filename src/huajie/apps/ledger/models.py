"""
What the ledger stores. The writer writes it; these models name the tables for Django and for reading by hand.

Entries and documents are only ever added (`triggers.py`) and their tables are never altered: a later layout gets tables
of its own. No foreign keys: a stream is read, exported and partitioned by itself.
"""

from django.db import models


class Entry(models.Model):
    """One entry, by its place in a stream. Insert only."""

    pk = models.CompositePrimaryKey("stream", "n")
    stream = models.UUIDField()
    n = models.IntegerField()
    kind = models.TextField()
    at = models.DateTimeField()
    body = models.BinaryField()
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        db_table = "ledger_entry"
        managed = False

    def __str__(self) -> str:
        return f"{self.stream} {self.n} {self.kind}"


class Document(models.Model):
    """A resolved pack or a calendar, as entries name it by its hash. Insert only."""

    hash = models.TextField(primary_key=True)
    kind = models.TextField()
    content = models.BinaryField()
    first_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_document"
        managed = False

    def __str__(self) -> str:
        return f"{self.kind} {self.hash}"


class Opening(models.Model):
    """The secret behind an entry's commitments: the seed, or what is left of the openings. Deleting it is erasure."""

    pk = models.CompositePrimaryKey("stream", "n")
    stream = models.UUIDField()
    n = models.IntegerField()
    seed = models.BinaryField(null=True)
    openings = models.JSONField(null=True)

    class Meta:
        db_table = "ledger_opening"

    def __str__(self) -> str:
        return f"{self.stream} {self.n}"


class Idempotency(models.Model):
    """A request that was done, by the key its sender gave it. The answer is derived again from the stream."""

    pk = models.CompositePrimaryKey("scope", "key")
    scope = models.TextField()
    key = models.TextField()
    request_hash = models.TextField()
    stream = models.UUIDField()
    n = models.IntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "ledger_idempotency"

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class Followup(models.Model):
    """What still has to follow an entry; a job works it off and tries again where it fails."""

    class State(models.TextChoices):
        """Where a follow-up stands; one that is done is removed."""

        WAITING = "waiting"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    stream = models.UUIDField()
    n = models.IntegerField()
    follower = models.TextField()
    run_after = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    state = models.TextField(choices=State)
    last_error = models.TextField(default="", blank=True)

    class Meta:
        db_table = "ledger_followup"
        indexes = [models.Index(fields=["state", "run_after"], name="ledger_followup_due")]

    def __str__(self) -> str:
        return f"{self.follower} after {self.kind}"
