"""
Why a file was not kept.

FileRefused
├── NotAccepted     what it is, or how large; the sender can send another
├── UploadOver      it was sent too long ago and is gone; send it again
└── NotNow          the store or the scanner is away; send it again later
"""


class FileRefused(Exception):
    """
    The file was not kept.

    Args:
        code: one of the codes of docs/formats/files.md: empty, type, mixed, name, damaged, pixels, size, count, total,
            infected, over, away, full.
        values: what the sentence about it names.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class NotAccepted(FileRefused):
    """Nothing of this kind is taken."""


class UploadOver(FileRefused):
    """What was sent before is not there any more."""


class NotNow(FileRefused):
    """Nothing can be kept at the moment."""


class Missing(Exception):
    """The bytes that an entry commits to are not on the disk, or are not those."""
