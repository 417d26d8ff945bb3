"""No identity reaches a log: unknown fields, messages of failures and values of other libraries' lines are left out."""

from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest
import structlog

from huajie.config.logs import logging_settings, set_up_structlog

CANARY = "王小明13800138000"

pytestmark = pytest.mark.accept("K11")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    settings = logging_settings("INFO")
    settings["handlers"]["stderr"]["stream"] = out
    logging.config.dictConfig(settings)
    set_up_structlog()
    yield out
    logging.config.dictConfig(logging_settings("INFO"))


def read(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_known_fields_are_written_and_others_dropped(lines: io.StringIO) -> None:
    structlog.get_logger("huajie.test").info("done", count=3, name=CANARY, text=CANARY, body={"x": CANARY})
    (line,) = read(lines)
    assert (line["event"], line["count"], line["level"], line["logger"]) == ("done", 3, "info", "huajie.test")
    assert CANARY not in lines.getvalue()
    assert set(line) == {"event", "count", "level", "logger", "at"}


def test_a_failure_is_its_kind_and_place_without_message(lines: io.StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        structlog.get_logger("huajie.test").error("failed", exc_info=error)
        logging.getLogger("other.library").exception("it broke")
    ours, theirs = read(lines)
    assert ours["failure"] == theirs["failure"] == "builtins.ValueError"
    assert any("test_logs.py" in str(frame) for frame in ours["frames"])  # type: ignore[attr-defined]
    assert CANARY not in lines.getvalue()


def test_of_another_library_s_line_the_values_are_left_out(lines: io.StringIO) -> None:
    logging.getLogger("other.library").warning("cannot read %s", CANARY)
    logging.getLogger("other.library").warning(f"cannot read {CANARY}")
    assert [line["event"] for line in read(lines)] == ["cannot read %s", "other.library"]
    assert CANARY not in lines.getvalue()


def test_django_s_lines_with_addresses_are_not_written(lines: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", "/track/" + CANARY)
    assert lines.getvalue() == ""
