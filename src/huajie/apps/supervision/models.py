"""
What supervision reads and keeps: where each matter stands in one row, which clocks climb the ladder, what was reached.

`Case` and `Watch` follow from a matter's state and entries; a worker keeps them up with the matters, so that no act
costs a statement more. `Rung` and the samples follow from the stream of supervision. `huajie verify` compares all.
"""

from django.db import models

CODE = 64


class Case(models.Model):
    """Where a matter stands, for the board: moments to compare with now, never a colour."""

    matter = models.UUIDField(primary_key=True)
    #: entries that this row knows of
    n = models.IntegerField()
    open = models.BooleanField()
    sensitivity = models.CharField(max_length=16)
    pack = models.CharField(max_length=CODE)
    stage = models.CharField(max_length=CODE)
    unit = models.CharField(max_length=CODE)
    seat = models.CharField(max_length=CODE)
    region = models.CharField(max_length=CODE)
    topic = models.CharField(max_length=CODE)
    #: the matter that a slip is about; null for any other matter
    about = models.UUIDField(null=True)
    #: the unit that a slip is addressed to; empty for any other matter
    addressee = models.CharField(max_length=CODE)
    #: place of a slip's level, 0 for any other matter
    gravity = models.IntegerField()
    recorded_at = models.DateTimeField()
    #: the first ending; null while there was none
    ended_at = models.DateTimeField(null=True)
    #: newest act of an office
    acted_at = models.DateTimeField()
    #: from then on it counts as stuck; FAR where it is not open
    stuck_at = models.DateTimeField()
    #: from then on the next date is near, and late; FAR where none runs
    soon_at = models.DateTimeField()
    due_at = models.DateTimeField()
    #: earliest date of an open plan step; FAR where there is none
    plan_at = models.DateTimeField()
    #: lead, asked, superior, verifier, resident or other
    waits = models.CharField(max_length=16)
    handoffs = models.IntegerField()
    reopenings = models.IntegerField()
    contested = models.BooleanField()
    sponsored = models.BooleanField()
    unmatched = models.BooleanField()
    provisional = models.BooleanField()

    class Meta:
        db_table = "supervision_case"
        indexes = [
            models.Index(fields=["open", "due_at", "matter"], name="case_due"),
            models.Index(fields=["about"], name="case_about", condition=models.Q(about__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.matter)


class Watch(models.Model):
    """A running clock of a lead unit, and when it reaches its next rung."""

    pk = models.CompositePrimaryKey("matter", "clock")
    matter = models.UUIDField()
    clock = models.CharField(max_length=CODE)
    unit = models.CharField(max_length=CODE)
    region = models.CharField(max_length=CODE)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "supervision_watch"
        indexes = [models.Index(fields=["next_at", "matter"], name="watch_next")]

    def __str__(self) -> str:
        return f"{self.matter} {self.clock}"


class Rung(models.Model):
    """That a clock reached a rung: when in truth, to whom it was told, by which digest."""

    pk = models.CompositePrimaryKey("matter", "clock", "due_at", "rung")
    matter = models.UUIDField()
    clock = models.CharField(max_length=CODE)
    due_at = models.DateTimeField()
    #: one of core/supervision RUNGS
    rung = models.CharField(max_length=16)
    reached_at = models.DateTimeField()
    unit = models.CharField(max_length=CODE)
    #: number of the digest's entry in the stream of supervision
    n = models.IntegerField()
    #: when the digest went out, and until when the unit answers; null where a digest of an earlier version told it
    told_at = models.DateTimeField(null=True)
    reply_due_at = models.DateTimeField(null=True)
    #: when somebody of the unit took it, and who from which seat (uuid hex, code); empty until then
    received_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=32, default="", db_default="")
    received_seat = models.CharField(max_length=CODE, default="", db_default="")
    #: the same of its answer: why it is not done, what comes next in a few words, by which day
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=32, default="", db_default="")
    answered_seat = models.CharField(max_length=CODE, default="", db_default="")
    cause = models.CharField(max_length=16, default="", db_default="")
    words = models.CharField(max_length=500, default="", db_default="")
    by_date = models.DateField(null=True)
    #: the same of its withdrawal, with the reason
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=32, default="", db_default="")
    withdrawn_seat = models.CharField(max_length=CODE, default="", db_default="")
    reason = models.CharField(max_length=500, default="", db_default="")

    class Meta:
        db_table = "supervision_rung"
        indexes = [
            models.Index(fields=["unit", "n"], name="rung_unit"),
            models.Index(fields=["n", "matter"], name="rung_told"),
        ]

    def __str__(self) -> str:
        return f"{self.matter} {self.rung}"


class Choice(models.Model):
    """A ladder that was chosen, and from when on it is in force for clocks that start."""

    #: number of its entry in the stream of supervision
    n = models.IntegerField(primary_key=True)
    #: parameter set of the pack `cn.supervision`, or `default`
    name = models.CharField(max_length=CODE)
    from_at = models.DateTimeField()
    #: canonical JSON of its values as they were then
    document = models.TextField()
    reason = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    #: who chose it, from which seat
    person = models.CharField(max_length=32)
    seat = models.CharField(max_length=CODE)

    class Meta:
        db_table = "supervision_ladder"

    def __str__(self) -> str:
        return self.name


class Sample(models.Model):
    """A period whose endings are looked at again: first the seed is fixed, then the frame frozen."""

    #: `2026-11`
    id = models.CharField(max_length=16, primary_key=True)
    from_date = models.DateField()
    until_date = models.DateField()
    seed_hash = models.CharField(max_length=64)
    fixed_at = models.DateTimeField()
    #: null until the frame is frozen; from then on everybody may know the seed
    frame_hash = models.CharField(max_length=64, null=True)  # noqa: DJ001
    frozen_at = models.DateTimeField(null=True)
    #: the published document, canonical JSON; empty until then
    document = models.TextField()
    #: number of the newest entry about it
    n = models.IntegerField()

    class Meta:
        db_table = "supervision_sample"

    def __str__(self) -> str:
        return self.id


class Secret(models.Model):
    """The seed of a sample until it is told; encrypted, and gone afterwards."""

    sample = models.CharField(max_length=16, primary_key=True)
    box = models.BinaryField()

    class Meta:
        db_table = "supervision_secret"

    def __str__(self) -> str:
        return self.sample


class Drawn(models.Model):
    """An ending that was drawn, and what whoever looked at it again found."""

    pk = models.CompositePrimaryKey("sample", "matter")
    sample = models.CharField(max_length=16)
    matter = models.UUIDField()
    stratum = models.CharField(max_length=100)
    unit = models.CharField(max_length=CODE)
    #: its place in the stratum, from 1
    place = models.IntegerField()
    #: what the ending claims
    outcome = models.CharField(max_length=CODE)
    #: null until somebody looked
    checked_at = models.DateTimeField(null=True)
    #: yes, no or unknown, of each of the three questions; empty until then
    answerable = models.CharField(max_length=8)
    done = models.CharField(max_length=8)
    solved = models.CharField(max_length=8)
    #: the three meetings: with the resident (and by which channel, theirs to choose), with the unit, with the file; a
    #: meeting that did not come about says why. Never where anybody was and never a picture of them.
    meeting = models.CharField(max_length=16, default="", db_default="")
    channel = models.CharField(max_length=16, default="", db_default="")
    met_unit = models.CharField(max_length=16, default="", db_default="")
    met_file = models.CharField(max_length=16, default="", db_default="")

    class Meta:
        db_table = "supervision_drawn"

    def __str__(self) -> str:
        return f"{self.sample} {self.matter}"


class Cadence(models.Model):
    """The one cadence in force."""

    #: always 1
    id = models.IntegerField(primary_key=True)
    #: canonical JSON of core/supervision Cadence
    document = models.TextField()
    #: number of the entry that set it
    n = models.IntegerField()

    class Meta:
        db_table = "supervision_cadence"

    def __str__(self) -> str:
        return self.document


class Review(models.Model):
    """A review that has begun: what the board said then, and whether somebody held it."""

    day = models.DateField(primary_key=True)
    #: aware, UTC, exclusive: when its day is over
    due_at = models.DateTimeField()
    frozen_at = models.DateTimeField()
    #: canonical JSON; the entry holds the same
    snapshot = models.TextField()
    held_at = models.DateTimeField(null=True)
    #: unit and seat that held it; empty while nobody did
    chair_unit = models.CharField(max_length=CODE, default="", db_default="")
    chair_seat = models.CharField(max_length=CODE, default="", db_default="")

    class Meta:
        db_table = "supervision_review"

    def __str__(self) -> str:
        return str(self.day)


class Decision(models.Model):
    """What a review decided about a matter: an entry of that matter, under way at once."""

    #: number of its entry in the stream of supervision
    entry = models.IntegerField(primary_key=True)
    day = models.DateField(db_index=True)
    matter = models.UUIDField()
    #: number of the matter's entry that it led to
    n = models.IntegerField()
    #: slip, request or act
    kind = models.CharField(max_length=16)
    #: name of the act in the matter's pack
    act = models.CharField(max_length=CODE)
    #: key of the slip or of the request in the matter; empty for an act
    target = models.CharField(max_length=CODE)
    #: the slip's own matter; null for any other kind
    slip = models.UUIDField(null=True)
    #: unit that owes it
    owner = models.CharField(max_length=CODE)
    due_date = models.DateField(null=True)
    #: who decided
    unit = models.CharField(max_length=CODE)
    seat = models.CharField(max_length=CODE)

    class Meta:
        db_table = "supervision_decision"
        constraints = [models.UniqueConstraint(fields=["matter", "n"], name="decision_cause")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class Minutes(models.Model):
    """One version of a review's minutes; every one is kept, and what the chair confirmed is the last."""

    pk = models.CompositePrimaryKey("day", "version")
    day = models.DateField()
    #: from 1
    version = models.IntegerField()
    #: canonical JSON; its SHA-256 stands in the entry
    document = models.TextField()
    hash = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    unit = models.CharField(max_length=CODE)
    seat = models.CharField(max_length=CODE)
    #: when the chair confirmed this version; from then on there is no other
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "supervision_minutes"

    def __str__(self) -> str:
        return f"{self.day} {self.version}"
