"""
Packs in force: read from the `packs/` folder once a process, kept in the ledger under their hash for ever.

A matter names its pack by hash, so it goes on under the rules that it began with, whatever the files say tomorrow.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from huajie.apps.ledger import queries as ledger_queries
from huajie.core.procedure import BadPack, Pack, Source, read, resolve

#: beside the source in a checkout, inside the package when installed from a wheel
_FOLDERS = (Path(__file__).resolve().parents[4] / "packs", Path(__file__).resolve().parents[2] / "packs")


class PackMissing(LookupError):
    """No pack of this name or hash is in force or kept here."""


def packs_folder() -> Path:
    """
    Return the folder of packs: HUAJIE_PACKS, or the shipped one.

    Raises:
        PackMissing: neither exists.
    """
    return _folder(getattr(settings, "HUAJIE_PACKS", None) if settings.configured else os.environ.get("HUAJIE_PACKS"))


@cache
def _folder(chosen: str | None) -> Path:
    # looked for once: every submission and every line of a list asks for a pack
    for folder in (Path(chosen),) if chosen else _FOLDERS:
        if folder.is_dir():
            return folder
    raise PackMissing(f"HUAJIE_PACKS: there is no folder of packs at {chosen or _FOLDERS[0]}")


def shared_texts(folder: Path) -> dict[str, str]:
    """Return what packs may take in by `use`, by name (`common/outcomes`)."""
    return {
        f"common/{path.stem}": path.read_text(encoding="utf-8") for path in sorted((folder / "common").glob("*.yaml"))
    }


def read_pack(path: Path, folder: Path | None = None) -> Source:
    """
    Read one pack file against the schema.

    Args:
        path: the pack.yaml.
        folder: where `common/` lies; the folder above the pack's own where left out.
    Raises:
        BadPack: everything that is wrong, with file and line.
    """
    folder = folder or path.parent.parent
    try:
        shown = str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        shown = str(path)
    return read(path.read_text(encoding="utf-8"), shown, shared_texts(folder))


def pack_files(folder: Path) -> list[Path]:
    """Return every pack.yaml below a folder, by name of the pack."""
    return sorted(folder.glob("*/pack.yaml"))


@cache
def _loaded(folder: Path) -> Mapping[str, Pack]:
    found: dict[str, Pack] = {}
    errors = []
    for path in pack_files(folder):
        try:
            pack = resolve(read_pack(path, folder))
        except BadPack as error:
            errors.extend(error.errors)
            continue
        found[pack.name] = pack
    if errors:
        raise BadPack(errors)
    return found


def packs() -> Mapping[str, Pack]:
    """
    Return the packs in force by name.

    Raises:
        BadPack: a pack file is wrong; nothing is in force until it is mended.
    """
    return _loaded(packs_folder())


def forget() -> None:
    """Read the files again at the next use; for tests and for a changed setting."""
    _folder.cache_clear()
    _loaded.cache_clear()
    _by_hash.clear()


def current(name: str) -> Pack:
    """
    Return the pack that new matters of this name begin under.

    Raises:
        PackMissing: there is none.
    """
    try:
        return packs()[name]
    except KeyError:
        raise PackMissing(name) from None


_by_hash: dict[str, Pack] = {}


def pack_by_hash(name: str, *, using: str = "default") -> Pack:
    """
    Return the pack of a hash: one in force, or one that the ledger keeps.

    Raises:
        PackMissing: the ledger does not keep it, or keeps something else under that hash.
    """
    found = _by_hash.get(name)
    if found is not None:
        return found
    for pack in packs().values():
        _by_hash.setdefault(pack.hash, pack)
    if name not in _by_hash:
        content = ledger_queries.document(name, using=using)
        pack = _kept(json.loads(content)) if content is not None else None
        if pack is None or pack.hash != name:
            raise PackMissing(f"the ledger does not keep the pack {name[:12]}")
        _by_hash[name] = pack
    return _by_hash[name]


def _kept(document: dict[str, Any]) -> Pack:
    """
    Return a kept pack with its stages, acts and choices in the order of the version in force.

    What is kept is canonical and has them by name. No rule asks for their order, but people do: the road of a matter,
    the next act and every list of acts or choices follow it.
    """
    known = packs().get(document.get("pack", ""))
    return resolve(_in_order(document, known.document) if known is not None else document)


def _in_order(kept: Any, like: Any) -> Any:
    """Return a value with the names in it in the order of another; what that one lacks comes last."""
    if not isinstance(kept, dict) or not isinstance(like, Mapping):
        return kept
    names = [*(name for name in like if name in kept), *(name for name in kept if name not in like)]
    return {name: _in_order(kept[name], like.get(name)) for name in names}


def shipped_against_kept(*, using: str = "default") -> Iterator[tuple[str, str, str, str]]:
    """Yield name, version, hash of the file and hash that the ledger keeps, for each version that both have."""
    on_disk = {(pack.name, pack.version): pack.hash for pack in packs().values()}
    for name, kind, content in ledger_queries.documents(using=using):
        if kind != "pack":
            continue
        document = json.loads(content)
        place = (document.get("pack", ""), document.get("version", ""))
        if place in on_disk:
            yield (*place, on_disk[place], name)
