"""
What a browser sends goes to the disk as it comes, into files without a name, and no more of it than is taken.
"""

import errno
import weakref
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from huajie.apps.attachments import store


class Sent(UploadedFile):
    """A file that was sent; `refusal` is a code of `errors.FileRefused` where it was not taken whole."""

    def __init__(self, file: IO[bytes] | None, name: str, size: int, refusal: str) -> None:
        super().__init__(file=file, name=name, size=size)
        self.refusal = refusal
        if file is not None:
            # a form that broke off half way leaves files that nobody closes
            weakref.finalize(self, file.close)

    def close(self) -> None:
        """Let go of it; without a name, nothing is left."""
        if self.file is not None:
            self.file.close()


class ToDisk(FileUploadHandler):
    """Django's upload handler for every form."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._count = 0
        self._file: IO[bytes] | None = None
        self._size = 0
        self._refusal = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, unless there were too many."""
        super().new_file(*args, **kwargs)
        self._count += 1
        self._size, self._refusal, self._file = 0, "", None
        if self._count > settings.HUAJIE_FILES.a_form:
            self._refusal = "count"
        else:
            try:
                self._file = store.scratch()
                self._closer = weakref.finalize(self, self._file.close)
            except OSError:
                self._refusal = "full"

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a part; what is too much is not kept."""
        self._size += len(raw_data)
        if self._refusal or self._file is None:
            return None
        if self._size > settings.HUAJIE_FILES.most_bytes:
            self._drop("size")
            return None
        try:
            self._file.write(raw_data)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
                raise
            self._drop("full")
        return None

    def _drop(self, code: str) -> None:
        self._refusal = code
        if self._file is not None:
            self._file.close()
            self._file = None

    def file_complete(self, file_size: int) -> Sent:
        """Hand the file over."""
        if self._file is not None:
            try:
                self._file.flush()
            except OSError:
                self._drop("full")
        file, self._file = self._file, None
        if file is not None:
            self._closer.detach()
        return Sent(file, self.file_name or "", self._size, self._refusal)

    def upload_interrupted(self) -> None:
        """Keep nothing of what broke off."""
        self._drop("broken")
