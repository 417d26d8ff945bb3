"""Which procedures fit a topic: what the place's own rules say first, then what the packs say of themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from huajie.core.procedure import Pack
from huajie.edges.pages.finding import line_of
from huajie.edges.pages.reader import Reader


@dataclass(frozen=True, slots=True)
class Fitting:
    """The procedures that fit a topic, in the order of the packs, and why; none where nothing says so."""

    packs: tuple[Pack, ...] = ()
    why: str = ""


def fitting(packs: Sequence[Pack], topic: str, reader: Reader) -> Fitting:
    """
    Return what fits a topic: what rules in force were made for, on the nearest topic that any names, else what packs
    say that they suit.

    Args:
        packs: those to choose from.
        topic: a code; one that is not known fits nothing.
    """
    line = line_of(reader.jurisdiction.topics, topic)
    names = {pack.name for pack in packs}
    for code in line:
        remits = [
            remit
            for remit in reader.jurisdiction.remits
            if code in remit.topics
            and remit.pack in names
            and remit.power == "decide"
            and not (remit.to_at is not None and remit.to_at <= reader.now)
        ]
        if remits:
            words = _("a rule for this topic names it: %(unit)s") % {"unit": reader.unit(remits[0].unit)}
            named = {remit.pack for remit in remits}
            return Fitting(tuple(pack for pack in packs if pack.name in named), words)
    for code in line:
        row = reader.jurisdiction.topics[code]
        said = f"{row.name.to('zh')} {row.name.to('en')}".lower()
        found = tuple(pack for pack in packs if _names(pack, said))
        if found:
            return Fitting(found, _("usual for: %(what)s") % {"what": reader.topic(code)})
    return Fitting()


def suits(pack: Pack, what: str) -> list[str]:
    """Return the channels, or the words of topics, for which a pack says that it is the usual one."""
    said = pack.document.get("suits") or {}
    if isinstance(said, list):
        # a pack of an earlier version names channels alone
        said = {"channels": said}
    found = said.get(what) or {}
    return list(found) if what == "channels" else [word for words in found.values() for word in words]


def _names(pack: Pack, topic: str) -> bool:
    # English from the beginning of a word, so that a tree is not found in a street
    return any(re.search(rf"(?<![a-z]){re.escape(word.lower())}", topic) for word in suits(pack, "topics"))
