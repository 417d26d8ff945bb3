"""
What stands beside an account: sessions, one-time codes, a PIN, who vouches for it elsewhere, and half-written forms.

TOTP secrets and passkeys are rows of allauth's own table (`mfa_authenticator`), sealed by `sealing.py`. What was done
to an account is an entry of the ledger's stream of accounts, never a column here.
"""

# Rows are made and read by operations, not shown by themselves.
# ruff: noqa: DJ008

import uuid

from django.conf import settings
from django.db import models


class SignIn(models.Model):
    """One session of one account, so that its owner sees it and can end it. No address is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    #: key of Django's session
    session = models.CharField(max_length=40, unique=True)
    #: how they proved who they are: one of operations.WAYS
    way = models.CharField(max_length=16)
    #: browser and system in a few words, from what the browser says of itself
    browser = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "accounts_sign_in"


class Pin(models.Model):
    """A short number that unlocks a session which is locked, and opens nothing else."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    #: argon2, as passwords
    hash = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_pin"


class CalendarFeed(models.Model):
    """A secret address at which a calendar program reads its owner's dates, without signing in. One an account."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    #: SHA-256 of the secret in the address, hex
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_feed"


class OneTimeCode(models.Model):
    """A code that an administrator hands over in person. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    #: `password`: set a new one; `link`: link the account to the identity provider
    purpose = models.CharField(max_length=16)
    #: SHA-256 of the code, hex
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_code"


class ProviderLink(models.Model):
    """Whom the identity provider means when it names a subject. An administrator makes it possible, nobody else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_link"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="accounts_link_once")]


class Draft(models.Model):
    """A half-written form, encrypted for its account; in no list but its owner's, gone when sent or after hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    #: address of the form, without anything that was written into it
    place = models.CharField(max_length=300)
    #: nonce(12) || ciphertext || tag(16)
    box = models.BinaryField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_draft"
        constraints = [models.UniqueConstraint(fields=["account", "place"], name="accounts_draft_once")]


class UnknownName(models.Model):
    """
    Wrong passwords for a name that nobody has, so that it is made to wait as a real one is and gives nothing away.

    Real names count on their own account.
    """

    #: HMAC of the name that was tried, hex
    digest = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField(default=0)
    failed_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_unknown_name"


class SharedFilter(models.Model):
    """
    A filter of the list of matters that a unit keeps for all who sit in it: a name and the query of an address.

    Whoever shared it stands nowhere: it is the unit's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    #: code of the unit
    unit = models.CharField(max_length=64)
    name = models.CharField(max_length=40)
    #: filters and order as an address says them; never a text that was searched for
    query = models.CharField(max_length=600)

    class Meta:
        db_table = "accounts_shared_filter"
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="accounts_filter_once")]
