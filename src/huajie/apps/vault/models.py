"""
Where identities live, sealed.

Two tables: each matter's own data key, wrapped under the server's vault key (kept in a file, never in the database),
and what is encrypted under it. Neither is indexed by anything but the matter: nothing here can find a person.
"""

from django.db import models


class MatterKey(models.Model):
    matter = models.UUIDField(primary_key=True)
    #: the 32-byte data key under AES-256-GCM: nonce(12) || ciphertext || tag(16)
    wrapped = models.BinaryField()
    #: first 8 hex characters of SHA-256 of the vault key that wraps it, so that a rotation knows what is done
    under = models.CharField(max_length=8)

    class Meta:
        db_table = "vault_key"


class Secret(models.Model):
    pk = models.CompositePrimaryKey("matter", "n", "name")
    matter = models.UUIDField()
    #: number of the entry that committed to it
    n = models.IntegerField()
    #: name of the committed field: `contact`, or a text of a sealed pack
    name = models.CharField(max_length=64)
    box = models.BinaryField()

    class Meta:
        db_table = "vault_secret"
