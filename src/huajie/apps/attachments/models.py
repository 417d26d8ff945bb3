"""
Which files belong to which entry. The bytes lie in HUAJIE_DATA/files (docs/formats/files.md); a name, a type and a
fingerprint stand only in the text that the entry commits to, so that nothing here finds the same paper twice.
"""

from django.db import models


class File(models.Model):
    """One kept file. Deleting the row takes its key, and with it what the bytes say."""

    #: chosen at upload, random
    id = models.UUIDField(primary_key=True)
    matter = models.UUIDField()
    #: number of the entry that committed to it
    n = models.IntegerField()
    #: name of the field that brought it
    name = models.CharField(max_length=64)
    #: where the bytes lie: 64 hex characters, by content and under the server's key
    address = models.CharField(max_length=64)
    #: whether a small picture lies beside it
    small = models.BooleanField()
    #: bytes as a reader gets them
    size = models.BigIntegerField()
    #: the file's own key under the matter's key: nonce(12) || ciphertext(32) || tag(16)
    box = models.BinaryField()

    class Meta:
        db_table = "attachments_file"
        indexes = [
            models.Index(fields=["matter"], name="attachments_matter"),
            models.Index(fields=["address"], name="attachments_address"),
        ]


class Gone(models.Model):
    """Bytes that an erasure has yet to take off the disk; the row goes when they are gone."""

    address = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "attachments_gone"
