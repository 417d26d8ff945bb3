"""Static files under names that hold their content's hash, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Hashed names once `huajie serve` has collected the files; plain names before that, as in tests."""

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of `name`; once files are collected, a name that is not among them is a fault."""
        return super().url(name, force) if self.hashed_files else f"{self.base_url or ''}{name or ''}"
