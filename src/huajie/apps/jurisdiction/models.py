"""
Rows of the jurisdiction. The first seven tables and the settings in `Head` are a projection of one ledger stream: only
`operations.change` writes them, and `huajie verify` makes them again from the entries. Accounts, tokens and boundaries
stand beside the ledger: a password or a polygon is no fact about who answers for what.
"""

# Null is a fact here (no superior, no successor) and differs from an empty code; rows are read by code, not shown.
# ruff: noqa: DJ001, DJ008

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

CODE = 64


class Region(models.Model):
    id = models.CharField(max_length=CODE, primary_key=True)
    parent = models.CharField(max_length=CODE, null=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    level = models.CharField(max_length=64)
    calendar = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    active = models.BooleanField()

    class Meta:
        db_table = "jurisdiction_region"


class Unit(models.Model):
    id = models.CharField(max_length=CODE, primary_key=True)
    parent = models.CharField(max_length=CODE, null=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    region = models.CharField(max_length=CODE)
    can_decide = models.BooleanField()
    kind = models.CharField(max_length=16)
    active = models.BooleanField()
    successor = models.CharField(max_length=CODE, null=True)

    class Meta:
        db_table = "jurisdiction_unit"


class Seat(models.Model):
    id = models.CharField(max_length=CODE, primary_key=True)
    unit = models.CharField(max_length=CODE, db_index=True)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    #: roles, sorted, separated by spaces
    roles = models.CharField(max_length=200)
    active = models.BooleanField()
    successor = models.CharField(max_length=CODE, null=True)

    class Meta:
        db_table = "jurisdiction_seat"


class Posting(models.Model):
    #: `<seat>#<number>`
    id = models.CharField(max_length=CODE + 12, primary_key=True)
    seat = models.CharField(max_length=CODE, db_index=True)
    person = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=16)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jurisdiction_posting"


class Topic(models.Model):
    id = models.CharField(max_length=CODE, primary_key=True)
    parent = models.CharField(max_length=CODE, null=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    version = models.IntegerField()
    active = models.BooleanField()
    sensitivity = models.CharField(max_length=16)
    #: officers may see the place of such a matter as a point: it is about a road, a river, a works, never a home
    public_place = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "jurisdiction_topic"


class Remit(models.Model):
    id = models.CharField(max_length=CODE, primary_key=True)
    unit = models.CharField(max_length=CODE, db_index=True)
    seat = models.CharField(max_length=CODE, null=True)
    #: codes or `*`, separated by spaces
    topics = models.TextField()
    regions = models.TextField()
    power = models.CharField(max_length=8)
    pack = models.CharField(max_length=64)
    priority = models.IntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jurisdiction_remit"


class Head(models.Model):
    """The one row that says how far the projection has come; every write that relies on a snapshot re-checks it."""

    #: always 1
    id = models.IntegerField(primary_key=True)
    #: number of the last entry of the jurisdiction stream; 0 before the first
    version = models.IntegerField()
    #: leaf hash of that entry; null before the first
    head = models.BinaryField(null=True)
    backstop_unit = models.CharField(max_length=CODE, null=True)
    backstop_seat = models.CharField(max_length=CODE, null=True)
    intake_unit = models.CharField(max_length=CODE, null=True)
    intake_seat = models.CharField(max_length=CODE, null=True)
    #: codes of seats, separated by spaces
    pool = models.TextField()
    #: days for which a conflict of interest outlasts the posting that gave it
    conflict_days = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "jurisdiction_head"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="jurisdiction_one_head")]


class Boundary(models.Model):
    """Where a region lies. Beside the ledger: a surveyor's correction changes no right and no duty by itself."""

    region = models.CharField(max_length=CODE, primary_key=True)
    #: GeoJSON geometry (Polygon or MultiPolygon), WGS 84, longitude first
    geometry = models.TextField()
    changed_at = models.DateTimeField()
    #: counts the geometries that this region had, from 1
    version = models.IntegerField(default=1, db_default=1)
    #: made once for drawing, from this and its neighbours: `{"rings": [[[longitude, latitude], ...], ...], "label":
    #: [longitude, latitude]}`; null: the geometry itself is drawn
    outline = models.TextField(null=True)
    #: residents; null where nobody said
    population = models.IntegerField(null=True)
    #: where that number is from, and of which year
    population_source = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "jurisdiction_boundary"


class PastBoundary(models.Model):
    """Where a region lay before its boundary was replaced."""

    pk = models.CompositePrimaryKey("region", "version")
    region = models.CharField(max_length=CODE)
    version = models.IntegerField()
    geometry = models.TextField()
    #: from when to when it held
    changed_at = models.DateTimeField()
    replaced_at = models.DateTimeField()

    class Meta:
        db_table = "jurisdiction_boundary_past"


class AccountManager(BaseUserManager["Account"]):
    """Looks accounts up by their natural key; `operations.create_account` makes them."""


class Account(AbstractBaseUser):
    """An officer who can sign in. What they may do follows from their postings, never from this row."""

    username = models.CharField(max_length=64, unique=True)
    #: the code by which postings and entries name the person
    person = models.UUIDField(unique=True, default=uuid.uuid4)
    display_name = models.CharField(max_length=100)
    #: tag of the language of their pages
    language = models.CharField(max_length=16, default="zh-hans")
    is_active = models.BooleanField(default=True)
    #: made with the demo county: its password is printed, so it signs in from this machine only
    demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    #: wrong passwords since the last right one, and when the last of them came
    failures = models.IntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    #: they work without the desk's single keys: a screen reader or speech has its own
    keys_off = models.BooleanField(default=False, db_default=False)
    #: how its lists of matters look (JSON, `apps/accounts/lists.py`); here, since every page of the desk reads this row
    lists = models.TextField(blank=True, default="", db_default="")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ("display_name",)
    objects = AccountManager()

    class Meta:
        db_table = "jurisdiction_account"

    def __str__(self) -> str:
        return self.display_name


class Token(models.Model):
    """A key for programs: acts from one seat on behalf of one account. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    #: SHA-256 of the token, hex
    digest = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    seat = models.CharField(max_length=CODE)
    #: two factors were shown when it was asked for
    factored = models.BooleanField(default=False, db_default=False)
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jurisdiction_token"
