"""The State Council's arrangement of 2026 as Xinhua printed it, typed in by hand, for tests of counting."""

from datetime import date, timedelta
from typing import Any

from huajie.core.clocks import Calendar


def days(first: str, last: str) -> list[str]:
    """Every date from first to last."""
    start = date.fromisoformat(first)
    return [(start + timedelta(days=n)).isoformat() for n in range((date.fromisoformat(last) - start).days + 1)]


DOCUMENT: dict[str, Any] = {
    "id": "cn.2026",
    "zone": "Asia/Shanghai",
    "weekend": [5, 6],
    "published": [2026],
    "off": [
        *days("2026-01-01", "2026-01-03"),
        *days("2026-02-15", "2026-02-23"),
        *days("2026-04-04", "2026-04-06"),
        *days("2026-05-01", "2026-05-05"),
        *days("2026-06-19", "2026-06-21"),
        *days("2026-09-25", "2026-09-27"),
        *days("2026-10-01", "2026-10-07"),
    ],
    "worked": ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
    "office_hours": [["09:00", "12:00"], ["14:00", "18:00"]],
    "names": dict.fromkeys(days("2026-02-15", "2026-02-23"), "春节"),
    "translations": {"en": {"春节": "Spring Festival"}},
}
CHINA_2026 = Calendar.from_document(DOCUMENT)
