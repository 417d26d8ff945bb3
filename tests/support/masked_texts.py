"""
Texts with identities in them, and what of each text must go: made from a seed, and by hand for the hard cases.

Nobody in them exists. A miss is an identity of which one character or more stays; a false mark takes out something
that is no identity.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from huajie.core.masking import MARK, mask

HARD = Path(__file__).parent.parent / "data" / "masking" / "hard.txt"
_SLOT = re.compile(r"\{\{([a-z]+):(.+?)\}\}")


@dataclass(frozen=True)
class Case:
    text: str
    #: (kind, start, end) of every identity
    identities: tuple[tuple[str, int, int], ...]


def case(written: str) -> Case:
    """Read a text in which identities stand as {{kind:value}}."""
    parts: list[str] = []
    found: list[tuple[str, int, int]] = []
    at = length = 0
    for slot in _SLOT.finditer(written):
        parts.append(written[at : slot.start()])
        length += len(parts[-1])
        found.append((slot[1], length, length + len(slot[2])))
        parts.append(slot[2])
        length += len(slot[2])
        at = slot.end()
    parts.append(written[at:])
    return Case("".join(parts), tuple(found))


def by_hand() -> list[Case]:
    lines = HARD.read_text(encoding="utf-8").splitlines()
    return [case(line) for line in lines if line and not line.startswith("#")]


def _mobile(rng: Random) -> str:
    return f"1{rng.choice('3456789')}{rng.randrange(10**9):09d}"


def _spell(rng: Random, digits: str) -> str:
    """A mobile number as people write it."""
    way = rng.randrange(7)
    if way == 1:
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if way == 2:
        return f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    if way == 3:
        return "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    if way == 4:
        return f"+86 {digits}"
    if way == 5:
        return f"{digits[:3]}.{digits[3:7]}.{digits[7:]}"
    return digits


def _id(rng: Random) -> str:
    first = f"{rng.choice('11 31 33 36 42 44 51'.split())}{rng.randrange(100, 9999):04d}"
    first += f"{rng.randrange(1940, 2015)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{rng.randrange(1000):03d}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    check = (12 - sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11) % 11
    return first + ("X" if check == 10 else str(check))


def _card(rng: Random) -> str:
    digits = f"62{rng.randrange(10 ** rng.choice((13, 16))):016d}"
    for last in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(digits + last)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return digits + last
    raise AssertionError("one of ten digits always fits")


def _plate(rng: Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    start = rng.choice("京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼") + rng.choice(letters)
    if rng.random() < 0.3:
        return f"{start}{rng.choice('DF')}{rng.randrange(10**5):05d}"
    body = [rng.choice("0123456789") for _ in range(5)]
    for place in rng.sample(range(5), rng.randrange(3)):
        body[place] = rng.choice(letters)
    return start + rng.choice(("", "", "·")) + "".join(body)


def _landline(rng: Random) -> str:
    area = rng.choice(("0571", "010", "021", "0755", "0731", "028"))
    number = f"{rng.randrange(2, 9)}{rng.randrange(10**7):07d}"
    return rng.choice((f"{area}-{number}", f"({area}){number}", f"{area}{number}", f"{area} {number[:4]} {number[4:]}"))


_WITH = (
    "我家住在三楼，漏水半年了，请联系{phone}。",
    "拖欠工资，老板电话{phone}，我的身份证{id}。",
    "车子{plate}天天停在消防通道上，车主电话{phone}。",
    "医保卡和身份证{id}一起丢了，补办时窗口让我明天再来。",
    "工资一直没打到卡{card}上，已经三个月。",
    "有事请发邮件到{email}，座机{landline}白天有人。",
    "渣土车{plate}和{plate}夜里沿路撒土。",
    "Please call {phone} or write to {email}; the tanker {plate} blocks the gate.",
)
_WITHOUT = (
    "{date}夜里{clock}，{street}{house}号门口的井盖破了，孩子差点掉下去。",
    "合同编号HT-{year}-{serial}，金额{money}元，至今未付。",
    "快递单号SF{long}，小区{house}幢{room}室一直没收到。",
    "打了12345和110，{date}受理，编号{serial}，到现在没有结果。",
    "水表读数{serial8}，上月{serial6}，多算了{money}元。",
    "面积{area}平方米，{year}年交的房，{year}年才办证。",
    "The street lamp at {house} {street} has been dark since {date}; job {serial8}.",
    "坐标{lon},{lat}，河水发黑，监测值{area}。",
)


def made(count: int, seed: int = 20261125) -> Iterator[Case]:
    """Yield texts of which half hold identities."""
    rng = Random(seed)
    makers = {
        "phone": lambda: _spell(rng, _mobile(rng)),
        "landline": lambda: _landline(rng),
        "id": lambda: _id(rng),
        "card": lambda: _card(rng),
        "plate": lambda: _plate(rng),
        "email": lambda: (
            f"{rng.choice(('li', 'wang88', 'a.b-c', 'x_y1'))}@{rng.choice(('qq.com', '163.com', 'mail.example.org'))}"
        ),
    }
    plain = {
        "date": lambda: rng.choice(
            (
                f"{rng.randrange(2015, 2027)}年{rng.randrange(1, 13)}月{rng.randrange(1, 29)}日",
                f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
            )
        ),
        "clock": lambda: f"{rng.randrange(24)}:{rng.randrange(60):02d}",
        "street": lambda: rng.choice(("青石路", "解放街", "Elm Street", "人民东路")),
        "house": lambda: str(rng.randrange(1, 3000)),
        "room": lambda: f"{rng.randrange(1, 33)}0{rng.randrange(1, 5)}",
        "year": lambda: str(rng.randrange(2000, 2027)),
        "serial": lambda: f"{rng.randrange(10**4):04d}",
        "serial6": lambda: f"{rng.randrange(10**6):06d}",
        "serial8": lambda: f"{rng.randrange(10**8):08d}",
        "long": lambda: f"{rng.randrange(10**13):013d}",
        "money": lambda: f"{rng.randrange(100, 10**7)}{rng.choice(('', '.50'))}",
        "area": lambda: f"{rng.uniform(1, 999):.2f}",
        "lon": lambda: f"{rng.uniform(73, 135):.6f}",
        "lat": lambda: f"{rng.uniform(18, 53):.6f}",
    }

    def fill(pattern: str) -> str:
        return re.sub(
            r"\{(\w+)\}",
            lambda slot: (
                f"{{{{{'phone' if slot[1] == 'landline' else slot[1]}:{makers[slot[1]]()}}}}}"
                if slot[1] in makers
                else plain[slot[1]]()
            ),
            pattern,
        )

    for number in range(count):
        yield case(fill(rng.choice(_WITH if number % 2 else _WITHOUT)))


@dataclass
class Score:
    """What came of one set."""

    texts: int = 0
    identities: int = 0
    missed: int = 0
    #: identities that went under the name of another kind
    other_kind: int = 0
    false_marks: int = 0
    #: texts without an identity, and those of them that were changed
    clean: int = 0
    clean_changed: int = 0
    missed_texts: list[str] = None  # type: ignore[assignment]
    false_texts: list[str] = None  # type: ignore[assignment]

    def line(self, name: str) -> str:
        """Return the row of docs/masking.md."""
        miss = 100 * self.missed / self.identities
        false = 100 * self.clean_changed / self.clean
        return (
            f"| {name} | {self.texts} | {self.identities} | {self.missed} ({miss:.1f} %) | {self.other_kind} |"
            f" {self.false_marks} | {self.clean_changed} of {self.clean} ({false:.1f} %) |"
        )


def score(cases: list[Case]) -> Score:
    """Mask every text and compare."""
    found = Score(missed_texts=[], false_texts=[])
    for one in cases:
        masked = mask(one.text)
        found.texts += 1
        found.identities += len(one.identities)
        gone = _gone(one.text, masked.text, {span.mark: (span.kind, span.value) for span in masked.spans})
        for kind, start, end in one.identities:
            covering = [each for each in gone if each[1] <= start and each[2] >= end]
            if not covering:
                found.missed += 1
                found.missed_texts.append(one.text)
            elif covering[0][0] != kind:
                found.other_kind += 1
        false = [each for each in gone if all(each[2] <= start or each[1] >= end for _, start, end in one.identities)]
        found.false_marks += len(false)
        if false:
            found.false_texts.append(one.text)
        if not one.identities:
            found.clean += 1
            found.clean_changed += bool(masked.spans)
    return found


def _gone(text: str, kept: str, marks: dict[str, tuple[str, str]]) -> list[tuple[str, int, int]]:
    """Return (kind, start, end) in the text of whatever a mark stands for, by walking along both."""
    out: list[tuple[str, int, int]] = []
    at = last = 0
    for mark in MARK.finditer(kept):
        at += mark.start() - last
        last = mark.end()
        kind, value = marks[mark.group()]
        length = len(value)
        if text[at : at + length] != value:
            # another spelling of the same: as far as the kept text after the mark says
            rest = kept[mark.end() :]
            following = MARK.search(rest)
            tail = rest[: following.start()] if following is not None else rest
            end = text.find(tail, at) if tail else len(text)
            length = end - at
        out.append((kind, at, at + length))
        at += length
    return out
