"""
What can be told by its shape alone: phones, identity numbers, passports, bank cards, e-mail, number plates, accounts.

Everything is looked for in a copy of the text where full-width letters and digits are narrow ones, character for
character, so that a place found in the copy is the same place in the text. Where two shapes overlap, the one that says
more (an identity number) wins over the one that says less (a run of digits that could be a phone).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: Kind -> what its mark is called, Chinese and English. A closed list; stored in marks, so never renamed.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "name": ("姓名", "name"),
    "id": ("证件号", "identity number"),
    "passport": ("护照", "passport"),
    "card": ("银行卡", "bank card"),
    "phone": ("电话", "phone"),
    "email": ("邮箱", "e-mail"),
    "plate": ("车牌", "number plate"),
    "account": ("账号", "account"),
    "address": ("住址", "address"),
}


class Shape(NamedTuple):
    """One thing found: from `start` to before `end`, in characters."""

    start: int
    end: int
    kind: str


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE |= {0x3000: 0x20, 0x2010: 0x2D, 0x2011: 0x2D, 0x2012: 0x2D, 0x2013: 0x2D, 0x2014: 0x2D, 0x2212: 0x2D}
#: characters that are shown as nothing or as a space and are put between digits to hide them
_WIDE |= dict.fromkeys((0x00A0, 0x2002, 0x2003, 0x2009, 0x200A, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x09), 0x20)
_ANY_WIDE = re.compile("[" + re.escape("".join(map(chr, _WIDE))) + "]")
_SPOKEN = str.maketrans("〇零一幺二两三四五六七八九", "0011223456789")

_CJK = re.compile(r"[一-鿿]")
# One look decides for most texts that there is nothing: no digits in a row and no @.
_NUMERALS = "〇零一幺二两三四五六七八九"
_SPOKEN_DIGITS = rf"(?:[ \-、]?[{_NUMERALS}]){{10}}"
_ANY = re.compile(
    r"[0-9](?:[ \-.·_]{0,3}[0-9]){4}|@|微信|[Ww][Ee]?[IiCc]|[Qq]{2}|[VvWw][Xx]|" + rf"[{_NUMERALS}]{_SPOKEN_DIGITS}"
)
_FEW_DIGITS = re.compile(r"[0-9]")

_EMAIL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,63})[ ]?@[ ]?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_S = r"[ \-.·_]{0,2}"
# 18 places, the last a digit or X; or the 15 of cards before 1999
_ID18 = re.compile(rf"(?<![0-9A-Za-z])[1-9](?:{_S}[0-9]){{16}}{_S}[0-9Xx](?![0-9A-Za-z])")
_ID15 = re.compile(r"(?<![0-9A-Za-z])[1-9](?:[ \-]?[0-9]){14}(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])[3-69](?:[ \-]{0,2}[0-9]){13,18}(?![0-9A-Za-z])")
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86{_S})?1{_S}[3-9](?:{_S}[0-9]){{9}}(?![0-9])")
_LANDLINE = re.compile(
    r"(?<![0-9])(?:\+?86[ \-]?)?\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ \-.]{0,2}[2-9][0-9]{2,3}[ \-]?[0-9]{4}"
    r"(?:[ ]?(?:转|-|#|ext\.?)[ ]?[0-9]{1,6})?(?![0-9])",
    re.IGNORECASE,
)
_ABROAD = re.compile(r"(?<![0-9A-Za-z])(?:\+|00)(?!86)[1-9][0-9]{0,2}(?:[ \-.()]{0,2}[0-9]){7,12}(?![0-9])")
# numbers as they are written in North America and India; only in texts without Chinese, where ten digits seldom mean
# anything else
_TEN = re.compile(
    r"(?<![0-9A-Za-z.])(?:\(?[2-9][0-9]{2}\)?[ \-.]{1,2}[0-9]{3}[ \-.][0-9]{4}|[6-9][0-9]{4}[ \-]?[0-9]{5})(?![0-9])"
)
# seven or eight digits are a phone only where something says so
_LOCAL = re.compile(
    r"(?:电话|座机|手机|联系方式|拨打|致电|tel|phone|call)(?:号码|号|是|为|\.|me|at|on|[:： ]){0,4}"
    r"([2-9][0-9]{2,3}[ \-]?[0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_PASSPORT = re.compile(
    r"(?<![0-9A-Za-z])(?:[EGDSPKegdspk][ \-]?[0-9]{8}|[Ee][A-HJ-NP-Za-hj-np-z][0-9]{7}"
    r"|[CcWwLl][0-9]{8}|[HMhm](?:[0-9]{10}|[0-9]{8}))(?![0-9A-Za-z])"
)
_PASSPORT_SAID = re.compile(
    r"(?:护照|通行证|台胞证|居留证|passport)(?:号码|号|是|为|no\.?|number|[:： .#]){0,4}"
    r"([A-Za-z]{0,2}[0-9]{6,9}[A-Za-z]?)(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_L = "A-HJ-NP-Za-hj-np-z"
_PLATE = re.compile(
    # new energy (eight places) before ordinary ones (seven), police, trainers, trailers and cross-border ones with them
    rf"(?<![0-9A-Za-z])[{_PROVINCES}][{_L}][ ·.•\-]{{0,2}}"
    rf"(?:[DFABCEGHJKdfabceghjk][{_L}0-9][0-9]{{4}}|[0-9]{{5}}[DFABCEGHJKdfabceghjk]"
    rf"|(?=[{_L}]{{0,4}}[0-9])[{_L}0-9]{{4}}[{_L}0-9挂学警港澳])(?![0-9A-Za-z])"
)
_ACCOUNT = re.compile(
    r"(?:微信|wechat|weixin|vx|(?<![A-Za-z])wx|qq)(?:号码|号|是|为|id|[:： ]){0,4}"
    r"([A-Za-z0-9][A-Za-z0-9_\-]{4,19})(?![A-Za-z0-9_@])",
    re.IGNORECASE,
)
_SPOKEN_RUN = re.compile(rf"(?<![{_NUMERALS}])[一幺]{_SPOKEN_DIGITS}(?![{_NUMERALS}十百千万亿])")
_DIGITS = re.compile(r"[^0-9Xx]")

#: first two digits of an identity number: provinces, Hong Kong, Macao, Taiwan, foreigners with residence
_PLACES = frozenset(
    (
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"
    ).split()
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def narrow(text: str) -> str:
    """Return the text with narrow letters, digits, hyphens and spaces, as long as before."""
    return text if text.isascii() or _ANY_WIDE.search(text) is None else text.translate(_WIDE)


def shapes(text: str) -> list[Shape]:
    """
    Return everything in a text that has the shape of an identity, in order, without overlaps.

    Args:
        text: of any length; the time is linear in it.
    """
    plain = narrow(text)
    if _ANY.search(plain) is None:
        # a plate may have a single digit
        if _FEW_DIGITS.search(plain) is None:
            return []
        found = [Shape(*one.span(), "plate") for one in _PLATE.finditer(plain)]
        return _apart(found)
    return _apart(_every(plain))


def _every(plain: str) -> Iterator[Shape]:
    """Yield what is found, kinds that say more first."""
    if "@" in plain:
        for one in _EMAIL.finditer(plain):
            yield Shape(*one.span(), "email")
    for one in _ID18.finditer(plain):
        if _is_id18(_DIGITS.sub("", one.group())):
            yield Shape(*one.span(), "id")
    for one in _CARD.finditer(plain):
        if _is_card(_DIGITS.sub("", one.group())):
            yield Shape(*one.span(), "card")
    for one in _ID15.finditer(plain):
        if _is_id15(_DIGITS.sub("", one.group())):
            yield Shape(*one.span(), "id")
    for one in _MOBILE.finditer(plain):
        yield Shape(*one.span(), "phone")
    for one in _ABROAD.finditer(plain):
        yield Shape(*one.span(), "phone")
    for one in _LANDLINE.finditer(plain):
        yield Shape(*one.span(), "phone")
    for one in _LOCAL.finditer(plain):
        yield Shape(*one.span(1), "phone")
    if _CJK.search(plain) is None:
        for one in _TEN.finditer(plain):
            yield Shape(*one.span(), "phone")
    else:
        for one in _PLATE.finditer(plain):
            yield Shape(*one.span(), "plate")
        for one in _SPOKEN_RUN.finditer(plain):
            digits = re.sub(r"[^0-9]", "", one.group().translate(_SPOKEN))
            if digits[1] in "3456789":
                yield Shape(*one.span(), "phone")
    for one in _PASSPORT.finditer(plain):
        yield Shape(*one.span(), "passport")
    for one in _PASSPORT_SAID.finditer(plain):
        yield Shape(*one.span(1), "passport")
    for one in _ACCOUNT.finditer(plain):
        yield Shape(*one.span(1), "account")


def _apart(found: Iterator[Shape] | list[Shape]) -> list[Shape]:
    """Return what does not overlap with anything found before it, by place."""
    kept: list[Shape] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    kept.sort()
    return kept


def _is_date(year: int, month: int, day: int) -> bool:
    return 1850 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


def _is_id18(digits: str) -> bool:
    """Return whether 18 places are an identity number; one with a slip in its check character tells who it is too."""
    if len(digits) != 18 or not digits[:17].isdigit():
        return False
    fits = "10X98765432"[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=False)) % 11] == digits[17].upper()
    dated = _is_date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    return dated and (fits or digits[:2] in _PLACES)


def _is_id15(digits: str) -> bool:
    return (
        len(digits) == 15
        and digits[:2] in _PLACES
        and _is_date(1900 + int(digits[6:8]), int(digits[8:10]), int(digits[10:12]))
    )


def _is_card(digits: str) -> bool:
    """Return whether 14 to 19 digits pass the check of bank cards (Luhn) and begin as cards do."""
    if not 14 <= len(digits) <= 19 or not digits.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0
