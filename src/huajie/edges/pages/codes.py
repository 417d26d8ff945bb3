"""Receipts on paper: the sheets there are, and the square code that a phone reads from them."""

from typing import Final

import segno
from django.utils.safestring import SafeString, mark_safe

#: name -> class of the sheet
PAPERS: Final = {"a4": "sheet-a4", "58": "sheet-58"}


def code_of(address: str) -> SafeString:
    """Return the QR code of an address as a drawing in the page."""
    # segno escapes what it writes; the address is ours
    return mark_safe(segno.make(address, error="m").svg_inline(scale=4, border=4))  # noqa: S308
