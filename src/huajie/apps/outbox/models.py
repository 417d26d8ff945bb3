"""
Messages that tell a resident that there is news, and how far each has come.

No address stands here: it stays in the vault under the matter's own key and is read at the moment of sending. What a
message says is not kept either; it is written from its template each time, and it is never more than a number and that
there is news.
"""

from django.db import models


class Message(models.Model):
    #: the same for the same entry and way, so that no message is made twice, and a gateway knows a repeat
    id = models.UUIDField(primary_key=True)
    matter = models.UUIDField()
    #: number of the entry that is news
    n = models.IntegerField()
    #: one of `messages.EVENTS`
    event = models.CharField(max_length=16)
    #: zh or en
    language = models.CharField(max_length=2)
    #: one of `messages.WAYS`
    way = models.CharField(max_length=8)
    #: one of `operations.STATES`
    state = models.CharField(max_length=12)
    attempts = models.IntegerField(default=0)
    #: not before this moment; for a letter, when it came to wait
    next_at = models.DateTimeField()
    #: one of `messages.FAULTS`, empty where none
    fault = models.CharField(max_length=16, default="")
    queued_at = models.DateTimeField()
    #: when a server took it, or when somebody took the letter to the post
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_message"
        indexes = [
            models.Index(fields=["state", "way", "next_at"], name="outbox_due"),
            models.Index(fields=["matter", "n"], name="outbox_matter"),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.state}"
