"""Marks: what stands in a text where something was taken out, and how the two go together again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from huajie.core.masking.shapes import KINDS, Shape, narrow, shapes

_BY_WORD: Final = {word: kind for kind, words in KINDS.items() for word in words}
#: A mark: 〔电话1〕 in a text with Chinese in it, [phone 1] in any other.
MARK: Final = re.compile(
    "〔(" + "|".join(words[0] for words in KINDS.values()) + r")([1-9][0-9]{0,2})〕"
    r"|\[(" + "|".join(re.escape(words[1]) for words in KINDS.values()) + r") ([1-9][0-9]{0,2})\]"
)
_CHINESE = re.compile(r"[一-鿿]")
_DIGEST = re.compile(r"(?<![0-9A-Za-z])sha256:[0-9a-f]{64}(?![0-9A-Za-z])")
_NO_DIGITS = re.compile(r"[^0-9]")
_SEPARATORS = re.compile(r"[\s\-.·_()+]")
#: a name this short stands inside too many other words
_SHORTEST = 2
#: kinds of the members of a contact that are looked for in texts
_CONTACT: Final = {"name": "name", "phone": "phone", "email": "email", "address": "address"}


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that was taken out."""

    #: What stands in the text now.
    mark: str
    kind: str
    #: What stood there, as it was written the first time.
    value: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as it is kept."""

    text: str
    #: In the order in which their marks come first; a value that stands several times is there once.
    spans: tuple[Span, ...]


def known_of(contact: Mapping[str, str] | None, more: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return (kind, value) of what is looked for by what it is: the members of a contact, and confirmed names."""
    found = [
        (kind, value.strip())
        for member, kind in _CONTACT.items()
        if contact and len(value := contact.get(member) or "") >= _SHORTEST
    ]
    found += [("name", name.strip()) for name in more if len(name.strip()) >= _SHORTEST]
    return tuple(dict.fromkeys(found))


def mask(
    text: str, known: Collection[tuple[str, str]] = (), allowed: Collection[str] = (), ours: Collection[str] = ()
) -> Masked:
    """
    Return the text with a mark wherever something tells who somebody is.

    Args:
        text: any text; marks that stand in it already stay, and new ones are numbered after them.
        known: (kind, value) that is looked for by itself, as `known_of` returns it.
        allowed: phone numbers, digits only, that are an office's and may stand.
        ours: words of ours that may look like an account or a phone, such as the matter's own number; they stand.
    """
    found = _known(text, known) if known else []
    looking = shapes(text)
    free = _places_of(text, ours) if looking else []
    for one in looking:
        if any(one.start < end and one.end > start for start, end in free):
            continue
        if all(one.end <= other.start or one.start >= other.end for other in found):
            if allowed and one.kind == "phone" and _plain(text[one.start : one.end]) in allowed:
                continue
            found.append(one)
    if not found:
        return Masked(text, ())
    found.sort()
    chinese = _CHINESE.search(text) is not None
    taken: dict[str, int] = {}
    for zh, zh_number, en, en_number in MARK.findall(text):
        kind = _BY_WORD[zh or en]
        taken[kind] = max(taken.get(kind, 0), int(zh_number or en_number))
    spans: dict[tuple[str, str], Span] = {}
    parts: list[str] = []
    at = 0
    for start, end, kind in found:
        value = text[start:end]
        same = (kind, _same(kind, value))
        span = spans.get(same)
        if span is None:
            taken[kind] = taken.get(kind, 0) + 1
            span = spans[same] = Span(_mark(kind, taken[kind], chinese), kind, value)
        parts += (text[at:start], span.mark)
        at = end
    parts.append(text[at:])
    return Masked("".join(parts), tuple(spans.values()))


def _places_of(text: str, ours: Collection[str]) -> list[tuple[int, int]]:
    """Return where words of ours stand, and digests of files: digits of neither are anybody's."""
    found = [one.span() for word in ours for one in re.finditer(re.escape(word), text)]
    return found + [one.span() for one in _DIGEST.finditer(text)]


def pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, Span | None]]:
    """Return a kept text in parts: (what stands there, None), or (its mark, what was taken out)."""
    by_mark = {span.mark: span for span in spans}
    out: list[tuple[str, Span | None]] = []
    at = 0
    for found in MARK.finditer(text):
        span = by_mark.get(found.group())
        if span is not None:
            if found.start() > at:
                out.append((text[at : found.start()], None))
            out.append((found.group(), span))
            at = found.end()
    if at < len(text):
        out.append((text[at:], None))
    return out


def _mark(kind: str, number: int, chinese: bool) -> str:
    zh, en = KINDS[kind]
    return f"〔{zh}{number}〕" if chinese else f"[{en} {number}]"


def _plain(value: str) -> str:
    return _NO_DIGITS.sub("", narrow(value))


def _same(kind: str, value: str) -> str:
    """Return what two spellings of one thing have in common, so that they get one mark."""
    plain = _SEPARATORS.sub("", narrow(value)).casefold()
    return plain.removeprefix("0086").removeprefix("86") if kind == "phone" and len(plain) > 11 else plain


def _known(text: str, known: Collection[tuple[str, str]]) -> list[Shape]:
    plain = narrow(text)
    folded = plain.casefold()
    if len(folded) != len(plain):
        # a letter that folds into two (ß) would move every place after it
        folded = plain
    found: list[Shape] = []
    # longer ones first, so that 张三丰 is not taken for 张三 and a rest
    for kind, value in sorted(known, key=lambda pair: -len(pair[1])):
        if not _may_stand(kind, value, folded):
            continue
        for one in _pattern(kind, value).finditer(folded):
            if all(one.end() <= other.start or one.start() >= other.end for other in found):
                found.append(Shape(*one.span(), kind))
    return found


def _may_stand(kind: str, value: str, folded: str) -> bool:
    """Return False where a look at single characters shows that the value isn't there: making a pattern costs more."""
    if kind == "phone":
        return _plain(value) in _NO_DIGITS.sub("", folded)
    return all(letter in folded for letter in _SEPARATORS.sub("", narrow(value)).casefold())


def _pattern(kind: str, value: str) -> re.Pattern[str]:
    plain = narrow(value).casefold()
    if kind == "phone":
        digits = _plain(value)
        if len(digits) < 5:
            return re.compile(r"(?!)")
        return re.compile(r"(?<![0-9])" + r"[ \-.·_()]{0,2}".join(digits) + r"(?![0-9])")
    words = plain.split()
    if _CHINESE.search(plain):
        # 张 三 for 张三
        letters = "".join(words)
        body = r"[ ·]?".join(map(re.escape, letters)) if len(letters) <= 30 else re.escape(letters)
        return re.compile(body)
    return re.compile(r"(?<![^\W_])" + r"[ \-]+".join(map(re.escape, words)) + r"(?![^\W_])")


#: Weights of an identity number's digits and what its last sign must be (GB 11643).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LAST = "10X98765432"


def is_of_a_person(number: str) -> bool:
    """
    Return whether a number of a problem is in truth one of a person: a phone, or an identity number whose check fits.

    Order numbers that only look like one (region, day and serial make eighteen digits too) are none.
    """
    plain = "".join(sign for sign in narrow(number).upper() if sign.isalnum())
    if len(plain) == 18 and plain[:17].isdecimal():
        return _LAST[sum(int(sign) * weight for sign, weight in zip(plain, _WEIGHTS, strict=False)) % 11] == plain[17]
    return any(one.kind in ("phone", "email", "passport") for one in shapes(number))
