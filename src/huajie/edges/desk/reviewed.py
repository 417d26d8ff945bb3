"""
A file that is looked at before anything is done: kept meanwhile, and what was shown goes along as a signed digest.

The page carries a token of the file and the digest of what the file would do, bound to the reader; only what was shown
to them is done. Nothing is kept for it on the server but the file, which goes by itself.
"""

from django.core import signing

from huajie.apps.attachments import boxes, store
from huajie.apps.attachments.uploads import Upload, bound_to
from huajie.edges.desk.seated import Desk


def content_of(kept: Upload) -> bytes:
    """
    Return what is in a kept file.

    Raises:
        Missing: it is gone.
    """
    bound = bound_to(kept.address)
    return b"".join(boxes.read(store.find(kept.address), key=kept.key, bound=bound, size=kept.size))


def review_of(kept: Upload, outcome: str, desk: Desk, *, salt: str) -> str:
    """
    Return what a page carries of a review.

    Args:
        outcome: digest of what was shown.
        salt: of the page, so that no other page's review is taken for it.
    """
    return signing.dumps(_about(kept, outcome, desk), salt=salt)


def is_reviewed(review: str, kept: Upload, outcome: str, desk: Desk, *, salt: str) -> bool:
    """Return whether a review is about this file, this outcome and this reader."""
    try:
        return bool(signing.loads(review, salt=salt) == _about(kept, outcome, desk))
    except signing.BadSignature:
        return False


def _about(kept: Upload, outcome: str, desk: Desk) -> list[str]:
    return [kept.id, kept.sha256, outcome, desk.actor.person or ""]
