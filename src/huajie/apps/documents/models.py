"""
A unit's own sentences for its documents: administrative data, not part of any matter and not in the ledger.

What a document says stands committed in the entry that drafted it; a sentence chosen from here is copied, so that
changing it later changes no document.
"""

from django.db import models


class UnitPhrase(models.Model):
    id = models.UUIDField(primary_key=True)
    #: code of the unit; never changed, a merged unit's sentences stay where they are
    unit = models.CharField(max_length=64)
    #: for which kind of document, one of core/procedure DOCUMENT_KINDS
    kind = models.CharField(max_length=16)
    zh = models.CharField(max_length=600)
    en = models.CharField(max_length=600)
    #: the officer who wrote it
    person = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    #: taken from the list; the row stays
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "documents_phrase"
        indexes = [models.Index(fields=["unit", "kind"], name="documents_phrase_unit")]

    def __str__(self) -> str:
        return f"{self.unit} {self.kind}"
