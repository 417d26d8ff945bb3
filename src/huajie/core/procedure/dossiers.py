"""
Dossiers: the fixed, named set of items that a file must hold, and how a gate asks for them.

A gate that names a dossier asks for every item of it (or for those listed), but only of the matters that the dossier is
for: what its `when` leaves out needs no such file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def gate_items(
    document: Mapping[str, Any], act: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """
    Yield where the condition stands and the item, for everything that an act's gate asks for.

    Args:
        document: the pack; a dossier that it doesn't have gives nothing, whoever compiles says so.
        path: of the act, `acts.accept`.
    Returns:
        Items with `need`, `title`, `source` and perhaps `supply`; those of a dossier in the order of the dossier, each
        with `dossier` and `item`, its `need` met as well where the dossier is not asked of this matter.
    """
    dossiers = document.get("dossiers") or {}
    for index, item in enumerate(act.get("gate") or ()):
        if "dossier" not in item:
            yield f"{path}.gate[{index}].need", item
            continue
        found = dossiers.get(item["dossier"]) or {}
        listed = item.get("items")
        for place, one in enumerate(found.get("items") or ()):
            if listed is None or one["name"] in listed:
                need = {"any": [{"not": found["when"]}, one["need"]]} if "when" in found else one["need"]
                where = f"dossiers.{item['dossier']}.items[{place}].need"
                yield where, {**one, "need": need, "dossier": item["dossier"], "item": one["name"]}


def own_gate(act: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what an act's gate asks for by itself, without dossiers."""
    return [item for item in act.get("gate") or () if "need" in item]
